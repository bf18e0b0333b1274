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

const formatIPv4 = (address: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.')

/** RFC 5952 section 4: the longest run of zeros is left out, the first of several. */
const formatIPv6 = (address: bigint): string => {
  const groups = Array.from({ length: GROUPS }, (_, index) =>
    ((address >> BigInt(16 * (GROUPS - 1 - index))) & 0xffffn).toString(16),
  ).join(':')
  const runs = [...groups.matchAll(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g)].map(({ 0: run, index }) => ({ run, index }))
  const longest = runs.reduce((one, other) => (other.run.length > one.run.length ? other : one), { run: '', index: 0 })
  if (longest.run === '') return groups
  const [head, tail] = [groups.slice(0, longest.index), groups.slice(longest.index + longest.run.length)]
  return `${head.replace(/:$/, '')}::${tail.replace(/^:/, '')}`
}

export const formatAddress = ({ family, address }: Pick<IpNetwork, 'family' | 'address'>): string =>
  family === 4 ? formatIPv4(address) : formatIPv6(address)

export const formatNetwork = (network: IpNetwork): string => `${formatAddress(network)}/${network.prefixLength}`

export const containsNetwork = (outer: IpNetwork, inner: IpNetwork): boolean => {
  const shift = BigInt(bitsOf(outer.family) - outer.prefixLength)
  return (
    outer.family === inner.family &&
    outer.prefixLength <= inner.prefixLength &&
    outer.address >> shift === inner.address >> shift
  )
}

/**
 * The same addresses in the one way to write them: IPv4 before IPv6, ascending, none inside another.
 * @throws RangeError for what is no network.
 */
export const canonicalNetworks = (networks: readonly string[]): string[] => {
  const parsed = networks.map((text) => {
    const network = parseNetwork(text)
    if (network === undefined) throw new RangeError(`${JSON.stringify(text)} is no network`)
    return network
  })
  const ascending = parsed.sort(
    (one, other) =>
      one.family - other.family ||
      (one.address < other.address ? -1 : Number(one.address > other.address)) ||
      one.prefixLength - other.prefixLength,
  )
  const kept: IpNetwork[] = []
  for (const network of ascending) {
    const last = kept.at(-1)
    if (last === undefined || !containsNetwork(last, network)) kept.push(network)
  }
  return kept.map(formatNetwork)
}
