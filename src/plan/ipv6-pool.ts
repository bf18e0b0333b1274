import { formatNetwork } from '../api/ip-network.ts'
import { sha256 } from './digest.ts'

/** Of RFC 4193: 8 bits `fd`, 40 bits of which no other site should have the same, 80 bits of its own. */
const UNIQUE_LOCAL = 0xfdn
const GLOBAL_ID_DIGITS = 10

/**
 * The pool that a Host's `ipv6Pool` stands for; empty for `none`. `auto` is a /48 out of `seed`, the same at each start; the
 * global id comes from a hash of what no other machine has, as RFC 4193 section 3.2.2 suggests.
 */
export const resolveIpv6Pool = (written: string, seed: string): string => {
  if (written === 'none') return ''
  if (written !== 'auto') return written
  const globalId = BigInt(`0x${sha256(`palisade ipv6 ${seed}`).slice(0, GLOBAL_ID_DIGITS)}`)
  return formatNetwork({ family: 6, address: ((UNIQUE_LOCAL << 40n) | globalId) << 80n, prefixLength: 48 })
}
