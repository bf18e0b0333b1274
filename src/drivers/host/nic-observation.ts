import { createHash } from 'node:crypto'
import type { NetworkInterfaceInfo } from 'node:os'
import type { Allocation } from '../../plan/resources.ts'
import type { Clock } from '../../ports/store.ts'
import { errorCode, readKernelFile } from './kernel-files.ts'

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

/** True when eth0 in the namespace of `pid` bears the tenant's address, and the default route leads to the host. */
export const isTenantEndReady = (pid: number, allocation: Allocation): boolean => {
  const routes = (readKernelFile(`/proc/${pid}/net/route`) ?? '').split('\n').map((line) => line.split(/\s+/))
  const gateway = routeAddress(allocation.hostAddress)
  const hasDefault = routes.some(
    ([name, destination, via]) => name === 'eth0' && destination === '00000000' && via === gateway,
  )
  if (!hasDefault) return false
  // Each of the namespace's own addresses stands in the table as a leaf: "|-- ADDRESS", then "/32 host LOCAL".
  const table = readKernelFile(`/proc/${pid}/net/fib_trie`) ?? ''
  const leaf = table.indexOf(`|-- ${allocation.tenantAddress}\n`)
  return leaf >= 0 && /^.*\n\s*\/32 host LOCAL/.test(table.slice(leaf))
}
