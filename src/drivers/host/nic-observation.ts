import { createHash } from 'node:crypto'
import type { NetworkInterfaceInfo } from 'node:os'
import { parseAddress } from '../../api/ip-network.ts'
import type { Allocation, Ipv6Link, Traffic } from '../../plan/resources.ts'
import type { Clock } from '../../ports/store.ts'
import { errorCode, readKernelFile } from './kernel-files.ts'
import { ipv6Of } from './nic-settings.ts'

const HOST_STALE_MS = 1000

/**
 * The hardware address of a host end, locally administered: the mark without which no interface is touched. The one
 * mark that an interface bears from the moment it is made.
 */
export const interfaceMark = (instance: string, name: string): string => {
  const bytes = createHash('sha256').update(`palisade:${instance}:${name}`).digest().subarray(0, 5)
  return ['02', ...Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))].join(':')
}

/**
 * The hardware address of an interface of the host's; undefined when there is no such interface, or only one that the
 * kernel is just removing: of that it answers EINVAL (net/core/net-sysfs.c).
 */
export const readMark = (name: string): string | undefined => {
  try {
    return readKernelFile(`/sys/class/net/${name}/address`)
  } catch (error) {
    if (errorCode(error) === 'EINVAL') return undefined
    throw error
  }
}

/** As seen from behind the host end: what it sends goes in there. `unknown`: it has just gone. */
export const readTraffic = (name: string): 'unknown' | Traffic => {
  const files = ['ifindex', 'statistics/tx_bytes', 'statistics/rx_bytes']
  const [nic, inward, out] = files.map((file) => readKernelFile(`/sys/class/net/${name}/${file}`)).map(Number)
  if (nic === undefined || inward === undefined || out === undefined) return 'unknown'
  return [nic, inward, out].some(Number.isNaN) ? 'unknown' : { nic, in: inward, out }
}

export type HostInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * The host's interfaces, asked for at most once in a second: the kernel lists them all at once, so that asking for each
 * of a thousand tenants would be a million.
 */
export const createHostInterfaces = (list: () => HostInterfaces, clock: Clock) => {
  let taken = Number.NEGATIVE_INFINITY
  let interfaces: HostInterfaces = {}
  return {
    read(): HostInterfaces {
      const now = clock.now()
      if (now - taken < HOST_STALE_MS && now >= taken) return interfaces
      interfaces = list()
      taken = now
      return interfaces
    },
    forget(): void {
      taken = Number.NEGATIVE_INFINITY
    },
  }
}

/** An IPv4 address as /proc/net/route prints it: the bytes in reverse, in hexadecimal. */
const routeAddress = (address: string): string =>
  address
    .split('.')
    .reverse()
    .map((octet) => Number(octet).toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()

/** Lines of a table of the kernel's for the namespace of `pid`, in columns. */
export const readTable = (pid: number, name: string): readonly (readonly string[])[] =>
  (readKernelFile(`/proc/${pid}/net/${name}`) ?? '').split('\n').map((line) => line.trim().split(/\s+/))

/** An entry of proc_pid_net(5), arp: complete, and for good. */
const PERMANENT = '0x6'

const isIpv4Ready = (pid: number, { hostAddress, tenantAddress }: Allocation, hostMark: string): boolean => {
  const gateway = routeAddress(hostAddress)
  const hasDefault = readTable(pid, 'route').some(
    ([name, destination, via]) => name === 'eth0' && destination === '00000000' && via === gateway,
  )
  if (!hasDefault) return false
  const knowsHost = readTable(pid, 'arp').some(
    ([address, , flags, mark, , name]) =>
      name === 'eth0' && address === hostAddress && flags === PERMANENT && mark === hostMark,
  )
  if (!knowsHost) return false
  // Each of the namespace's own addresses stands in the table as a leaf: "|-- ADDRESS", then "/32 host LOCAL".
  const table = readKernelFile(`/proc/${pid}/net/fib_trie`) ?? ''
  const leaf = table.indexOf(`|-- ${tenantAddress}\n`)
  return leaf >= 0 && /^.*\n\s*\/32 host LOCAL/.test(table.slice(leaf))
}

/** An IPv6 address as the kernel's tables print it: 32 hexadecimal digits. */
export const bareAddress = (address: string): string =>
  (parseAddress(address)?.address ?? 0n).toString(16).padStart(32, '0')

const ANYWHERE = '0'.repeat(32)

const isIpv6Ready = (pid: number, { hostAddress, tenantAddress }: Ipv6Link): boolean => {
  const [own, gateway] = [bareAddress(tenantAddress), bareAddress(hostAddress)]
  return (
    readTable(pid, 'if_inet6').some(([address, , , , , name]) => name === 'eth0' && address === own) &&
    readTable(pid, 'ipv6_route').some(
      ([destination, length, , , via, , , , , name]) =>
        name === 'eth0' && destination === ANYWHERE && length === '00' && via === gateway,
    )
  )
}

/** True when eth0 in the namespace of `pid` bears the tenant's addresses, and the default routes lead to the host. */
export const isTenantEndReady = (pid: number, allocation: Allocation, hostMark: string): boolean => {
  const ipv6 = ipv6Of(allocation)
  return isIpv4Ready(pid, allocation, hostMark) && (ipv6 === 'none' || isIpv6Ready(pid, ipv6))
}
