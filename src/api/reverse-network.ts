import { bitsOf, parseAddress, parseNetwork } from './ip-network.ts'

const ARPA = { 4: 'in-addr.arpa', 6: 'ip6.arpa' } as const
const LABEL_BITS = { 4: 8, 6: 4 } as const

/** Labels of an address below its `arpa` domain, as they stand in names: RFC 1035 section 3.5, RFC 3596 section 2.5. */
const labelsOf = (family: 4 | 6, address: bigint): string[] => {
  const bits = LABEL_BITS[family]
  return Array.from({ length: bitsOf(family) / bits }, (_, index) => {
    const label = (address >> BigInt(index * bits)) & ((1n << BigInt(bits)) - 1n)
    return label.toString(family === 4 ? 10 : 16)
  })
}

/** The name that leads back from an address, such as `7.113.0.203.in-addr.arpa`. @throws RangeError for no address */
export const reverseName = (text: string): string => {
  const parsed = parseAddress(text)
  if (parsed === undefined) throw new RangeError(`${text} is no address`)
  return [...labelsOf(parsed.family, parsed.address), ARPA[parsed.family]].join('.')
}

/**
 * The zone of a network such as `203.0.113.0/24`; undefined when it is no network, or ends where no label does.
 */
export const reverseZone = (text: string): string | undefined => {
  const network = parseNetwork(text)
  if (network === undefined) return undefined
  const { family, address, prefixLength } = network
  const kept = prefixLength / LABEL_BITS[family]
  if (!Number.isInteger(kept) || kept === 0) return undefined
  return [...labelsOf(family, address).slice(-kept), ARPA[family]].join('.')
}
