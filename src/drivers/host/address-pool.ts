import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { bitsOf, formatAddress, type IpNetwork, parseAddress, parseNetwork } from '../../api/ip-network.ts'
import { type AllocationPools, allocationOf, capacity } from '../../plan/allocation.ts'
import type { Unenforced } from '../../plan/resources.ts'
import { readKernelFile } from './kernel-files.ts'
import type { HostInterfaces } from './nic-observation.ts'

/** A network that an interface of the host is in, or leads to. */
export interface HostNetwork {
  readonly interface: string
  readonly network: IpNetwork
}

const firstOf = ({ family, address, prefixLength }: IpNetwork): bigint =>
  address - (address % 2n ** BigInt(bitsOf(family) - prefixLength))

const lastOf = (network: IpNetwork): bigint =>
  firstOf(network) + 2n ** BigInt(bitsOf(network.family) - network.prefixLength) - 1n

const overlap = (one: IpNetwork, other: IpNetwork): boolean =>
  one.family === other.family && firstOf(one) <= lastOf(other) && firstOf(other) <= lastOf(one)

/** The addresses that the host bears itself. */
const addressesOf = (interfaces: HostInterfaces): HostNetwork[] =>
  Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ address }) => {
      const parsed = parseAddress(address)
      return parsed === undefined
        ? []
        : [{ interface: name, network: { ...parsed, prefixLength: bitsOf(parsed.family) } }]
    }),
  )

/** As the kernel prints it: the bytes in reverse, in hexadecimal. */
const parseReversed = (text: string): bigint =>
  (text.match(/../g) ?? []).reduceRight((address, octet) => address * 256n + BigInt(`0x${octet}`), 0n)

/** Lines of /proc/net/route, proc_pid_net(5), but for default routes: these lead everywhere. */
const routesOf = (table: string): HostNetwork[] =>
  table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name, destination, , , , , , mask] = line.trim().split(/\s+/)
      if (name === undefined || destination === undefined || mask === undefined || /^0+$/.test(mask)) return []
      const prefixLength = parseReversed(mask).toString(2).replaceAll('0', '').length
      return [{ interface: name, network: { family: 4 as const, address: parseReversed(destination), prefixLength } }]
    })

/** Addresses of the host's own interfaces, and its IPv4 routes. `procRoot` is usually `/proc`. */
export const readHostNetworks = (procRoot: string, interfaces: HostInterfaces): readonly HostNetwork[] => [
  ...addressesOf(interfaces),
  ...routesOf(readKernelFile(join(procRoot, 'net/route')) ?? ''),
]

/** True for the host end of a tenant's NIC with what it was allocated. */
const isTenants = (pools: AllocationPools, { interface: name, network }: HostNetwork): boolean => {
  if (!name.startsWith(pools.interfacePrefix)) return false
  const index = Number(name.slice(pools.interfacePrefix.length))
  if (!Number.isInteger(index) || index < 0 || index >= capacity(pools)) return false
  const { hostAddress, prefixLength, ipv6 } = allocationOf(pools, index)
  const links = [{ hostAddress, prefixLength }, ...(ipv6 === 'none' ? [] : [ipv6])]
  return links.some((link) => {
    const own = parseAddress(link.hostAddress)
    return (
      own && network.prefixLength >= link.prefixLength && overlap(network, { ...own, prefixLength: link.prefixLength })
    )
  })
}

/** Whether a network of the host's own has addresses of the pools: tenants would take its traffic, or it theirs. */
export const checkPool = (pools: AllocationPools, networks: readonly HostNetwork[]): 'free' | Unenforced => {
  for (const [setting, text] of [
    ['ipv4Pool', pools.ipv4Pool],
    ['ipv6Pool', pools.ipv6Pool],
  ]) {
    const pool = parseNetwork(text ?? '')
    const other = pool && networks.find((each) => overlap(each.network, pool) && !isTenants(pools, each))
    if (other === undefined) continue
    const network = `${formatAddress(other.network)}/${other.network.prefixLength}`
    const message = `the pool ${text} overlaps ${network} of the interface ${other.interface}: give the Host another network.${setting}`
    return { reason: 'PoolOverlaps', message }
  }
  return 'free'
}

/** {@link checkPool} on this host. */
export const checkPoolHere = (settings: AllocationPools): 'free' | Unenforced =>
  checkPool(settings, readHostNetworks('/proc', networkInterfaces()))
