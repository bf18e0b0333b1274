import { formatAddress as formatIp, parseNetwork } from '../api/ip-network.ts'
import type { Allocation, Ipv6Link } from './resources.ts'
import type { HostSettings } from './settings.ts'

export const SUBORDINATE_IDS = 65_536

/** What the host gives to accounts. */
export type AllocationPools = Pools & Pick<HostSettings, 'interfacePrefix' | 'ipv6Pool'>

type Pools = Pick<HostSettings, 'ipv4Pool' | 'uidBase' | 'subIdBase'>

const PREFIX_LENGTH = 30
const ADDRESSES = 2 ** (32 - PREFIX_LENGTH)

const parseAddress = (text: string): number =>
  text.split('.').reduce((address, octet) => address * 256 + Number(octet), 0)

const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')

/** Of 32 bits; the last one stands for none in chown(2). */
const HIGHEST_ID = 2 ** 32 - 2

/** How many tenants the host's pools have room for: addresses, users below the subordinate ids, and these. */
export const capacity = ({ ipv4Pool, uidBase, subIdBase }: Pools): number => {
  const prefixLength = Number(ipv4Pool.split('/')[1])
  const addresses = 2 ** (PREFIX_LENGTH - prefixLength)
  const ranges = Math.floor((HIGHEST_ID + 1 - subIdBase) / SUBORDINATE_IDS)
  return Math.min(addresses, ranges, subIdBase > uidBase ? subIdBase - uidBase : addresses)
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
export const allocationOf = (settings: AllocationPools, index: number): Allocation => {
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
