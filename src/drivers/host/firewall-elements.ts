import { canonicalNetworks, formatNetwork, parseAddress, parseNetwork } from '../../api/ip-network.ts'
import type { Allocation, OutboundPolicy } from '../../plan/resources.ts'
import { nftAddress, nftInterface, nftNetwork } from './firewall-rules.ts'

/** An interface's place in a set of the table: `internet`, or `private4 10.0.0.0/8` where the set has a second part. */
export type Element = string

/** What may stand behind an interface in each set, in the one way to write it. */
const WRITERS: Readonly<Record<string, (detail: string) => string>> = {
  own4: (detail) => nftAddress(detail, 4),
  own6: (detail) => nftAddress(detail, 6),
  internet: () => '',
  smtp: () => '',
  hosted_sites: () => '',
  private4: (detail) => nftNetwork(detail, 4),
  private6: (detail) => nftNetwork(detail, 6),
}

/** @throws RangeError for a set that the table has not, or for what can't stand in it. */
export const element = (set: string, detail = ''): Element => {
  const writer = Object.hasOwn(WRITERS, set) ? WRITERS[set] : undefined
  if (writer === undefined) throw new RangeError(`there is no set ${JSON.stringify(set)}`)
  return `${set} ${writer(detail)}`.trim()
}

/** Reads what {@link element} wrote. @throws RangeError for anything else. */
export const parseElement = (text: string): Element => element(...splitElement(text))

const splitElement = (text: Element): [set: string, detail: string] => {
  const [set = '', detail = ''] = text.split(' ')
  return [set, detail]
}

const familyOf = (network: string): 4 | 6 => (network.includes(':') ? 6 : 4)

/** All of an account's elements. */
export const elementsOf = (
  { tenantAddress, ipv6 }: Allocation,
  { internet, smtp, hostedSites, privateRanges }: OutboundPolicy,
): ReadonlySet<Element> =>
  new Set([
    element('own4', tenantAddress),
    ...(ipv6 === 'none' ? [] : [element('own6', ipv6.tenantAddress)]),
    ...(internet ? [element('internet')] : []),
    ...(smtp ? [element('smtp')] : []),
    ...(hostedSites ? [element('hosted_sites')] : []),
    ...canonicalNetworks(privateRanges).map((network) => element(`private${familyOf(network)}`, network)),
  ])

/** The policy that an account's elements make; `absent` while they are for other addresses than the allocation's. */
export const policyOf = (
  elements: ReadonlySet<Element>,
  { tenantAddress, ipv6 }: Allocation,
): 'absent' | OutboundPolicy => {
  const details = (name: string) =>
    [...elements].map(splitElement).flatMap(([set, detail]) => (set === name ? [detail] : []))
  const wanted4 = nftAddress(tenantAddress, 4)
  const wanted6 = ipv6 === 'none' ? '' : nftAddress(ipv6.tenantAddress, 6)
  if (details('own4').join() !== wanted4 || details('own6').join() !== wanted6) return 'absent'
  return {
    internet: elements.has('internet'),
    smtp: elements.has('smtp'),
    hostedSites: elements.has('hosted_sites'),
    privateRanges: canonicalNetworks([...details('private4'), ...details('private6')]),
  }
}

/** One command of nft(8) per set, for elements by interface; none where there are none. */
export const elementCommands = (
  verb: 'add' | 'delete',
  table: string,
  elements: Iterable<readonly [interfaceName: string, elements: Iterable<Element>]>,
): string => {
  const bySet = new Map<string, string[]>()
  for (const [name, own] of elements)
    for (const one of own) {
      const [set, detail] = splitElement(parseElement(one))
      const texts = bySet.get(set) ?? []
      texts.push(detail === '' ? nftInterface(name) : `${nftInterface(name)} . ${detail}`)
      bySet.set(set, texts)
    }
  return [...bySet].map(([set, texts]) => `${verb} element inet ${table} ${set} { ${texts.join(', ')} }\n`).join('')
}

/** A network of one address is listed as that address. */
const asDetail = (set: string, text: string): string => {
  const address = set.startsWith('private') ? parseAddress(text) : undefined
  return address === undefined ? text : formatNetwork({ ...address, prefixLength: address.family === 4 ? 32 : 128 })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** `"…"`, or `{ "prefix": { "addr": …, "len": … } }`; see libnftables-json(5). */
const detailOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  if (!isObject(value) || !('prefix' in value) || !isObject(value.prefix)) return undefined
  const { prefix } = value
  if (!('addr' in prefix) || !('len' in prefix)) return undefined
  const text = `${prefix.addr}/${prefix.len}`
  return parseNetwork(text) === undefined ? undefined : text
}

/** An element as nft lists it; undefined for one that can't be ours. */
export const readListed = (
  set: string,
  listed: unknown,
): { readonly name: string; readonly element: Element } | undefined => {
  const parts: unknown =
    isObject(listed) && 'concat' in listed && Array.isArray(listed.concat) ? listed.concat : [listed]
  if (!Array.isArray(parts)) return undefined
  const [name, tail] = parts
  const detail = tail === undefined ? '' : detailOf(tail)
  if (typeof name !== 'string' || detail === undefined) return undefined
  try {
    return { name, element: element(set, asDetail(set, detail)) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
