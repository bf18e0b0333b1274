import { isIPv4, isIPv6 } from 'node:net'

/** A network in CIDR notation, parsed. */
export interface IpNetwork {
  readonly family: 4 | 6
  /** All of it: of 32 or 128 bits. */
  readonly address: bigint
  readonly prefixLength: number
}

const IPV4_BITS = 32
const IPV6_BITS = 128
const GROUPS = 8

const parseIPv4 = (text: string): bigint =>
  text.split('.').reduce((address, octet) => address * 256n + BigInt(octet), 0n)

/** An IPv4 address at the end, as in `::ffff:192.0.2.1`, as two groups. */
const withoutDots = (text: string): string => {
  const [, head, tail] = /^(.*:)([0-9.]+)$/.exec(text) ?? []
  if (head === undefined || tail === undefined || !isIPv4(tail)) return text
  const address = parseIPv4(tail)
  return `${head}${(address >> 16n).toString(16)}:${(address & 0xffffn).toString(16)}`
}

/** RFC 4291 section 2.2. */
const parseIPv6 = (text: string): bigint => {
  const [head = '', tail] = withoutDots(text).split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = new Array<string>(GROUPS - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].reduce((address, group) => address * 0x1_0000n + BigInt(`0x${group}`), 0n)
}

/** Undefined when it is none. */
export const parseAddress = (text: string): { readonly family: 4 | 6; readonly address: bigint } | undefined => {
  if (isIPv4(text)) return { family: 4, address: parseIPv4(text) }
  return isIPv6(text) && !text.includes('%') ? { family: 6, address: parseIPv6(text) } : undefined
}

export const bitsOf = (family: 4 | 6): number => (family === 4 ? IPV4_BITS : IPV6_BITS)

/** Undefined when it is no network, or when bits are set behind the prefix. */
export const parseNetwork = (text: string): IpNetwork | undefined => {
  const [, head = '', prefix = ''] = /^([0-9a-f.:]+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? []
  const parsed = parseAddress(head)
  if (parsed === undefined) return undefined
  const prefixLength = Number(prefix)
  const free = bitsOf(parsed.family) - prefixLength
  if (free < 0 || parsed.address % 2n ** BigInt(free) !== 0n) return undefined
  return { ...parsed, prefixLength }
}
