import { formatAddress, parseAddress } from '../api/ip-network.ts'
import type { NamePointer } from './certificates.ts'

const canonicalAddress = (text: string): string => {
  const parsed = parseAddress(text)
  return parsed === undefined ? text : formatAddress(parsed)
}

const recordOf = (address: string): string => `${address.includes(':') ? 'AAAA' : 'A'} ${address}`

/**
 * Whether a name leads to this machine and nowhere else: an authority asks any of its addresses, IPv6 first. `seen` are the
 * name's addresses, `own` those of this machine; of these one is enough.
 */
export const pointerOf = (seen: readonly string[], own: readonly string[]): NamePointer => {
  const ours = new Set(own.map(canonicalAddress))
  const here = seen.filter((address) => ours.has(canonicalAddress(address)))
  const foreign = seen.filter((address) => !ours.has(canonicalAddress(address))).map(recordOf)
  const wanted = own.slice().sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')))
  return {
    resolves: here.length > 0 && foreign.length === 0,
    missing: here.length > 0 ? [] : wanted.slice(0, 1).map(recordOf),
    foreign: foreign.sort(),
  }
}

/** What has to change in the name's zone, in words; empty when it leads here. */
export const pointerProblem = ({ missing, foreign }: NamePointer): string =>
  [
    missing.length === 0 ? '' : `lacks the record ${missing.join(', ')}`,
    foreign.length === 0 ? '' : `leads elsewhere by ${foreign.join(', ')}`,
  ]
    .filter((part) => part !== '')
    .join(' and ')
