import { formatAddress as formatIp, parseNetwork } from '../api/ip-network.ts'
import type { Allocation, Ipv6Link } from './resources.ts'
import type { HostSettings } from './settings.ts'

export const SUBORDINATE_IDS = 65_536

const PREFIX_LENGTH = 30
const ADDRESSES = 2 ** (32 - PREFIX_LENGTH)

const parseAddress = (text: string): number =>
  text.split('.').reduce((address, octet) => address * 256 + Number(octet), 0)

const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')

/** How many tenants the host's address pool has room for. */
export const capacity = ({ ipv4Pool }: HostSettings): number => {
  const prefixLength = Number(ipv4Pool.split('/')[1])
  return 2 ** (PREFIX_LENGTH - prefixLength)
}

const IPV6_PREFIX_LENGTH = 126

/** The /126 of index N, in the order of the /30. */
const ipv6Link = (ipv6Pool: string, index: number): 'none' | Ipv6Link => {
  const pool = parseNetwork(ipv6Pool)
  if (pool === undefined) return 'none'
  const network = pool.address + BigInt(index * ADDRESSES)
  const address = (offset: bigint) => formatIp({ family: 6, address: network + offset })
  return { hostAddress: address(1n), tenantAddress: address(2n), prefixLength: IPV6_PREFIX_LENGTH }
}

/**
 * Everything that belongs to index N of a host. Disjoint for different indexes.
 * @throws RangeError when the pool has no such index.
 */
export const allocationOf = (settings: HostSettings, index: number): Allocation => {
  if (!Number.isInteger(index) || index < 0 || index >= capacity(settings))
    throw new RangeError(`the pool ${settings.ipv4Pool} has room for ${capacity(settings)} accounts, not for one more`)
  const network = parseAddress(settings.ipv4Pool.split('/')[0] ?? '') + index * ADDRESSES
  return {
    index,
    uid: settings.uidBase + index,
    gid: settings.uidBase + index,
    subIdBase: settings.subIdBase + index * SUBORDINATE_IDS,
    interface: `${settings.interfacePrefix}${index}`,
    hostAddress: formatAddress(network + 1),
    tenantAddress: formatAddress(network + 2),
    prefixLength: PREFIX_LENGTH,
    ipv6: ipv6Link(settings.ipv6Pool, index),
  }
}
