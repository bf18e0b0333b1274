import { networkInterfaces } from 'node:os'
import type { Allocation, Ipv6Link } from '../../plan/resources.ts'
import type { HostSettings } from '../../plan/settings.ts'
import { TerminalError, WaitingError } from '../../ports/errors.ts'
import type { Nics, Sandboxes } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import { checkPool, readHostNetworks } from './address-pool.ts'
import { hasWayOut, openWayOut } from './container-way-out.ts'
import { nftAddress } from './firewall-rules.ts'
import { createHostInterfaces, interfaceMark, isTenantEndReady, readMark, readTraffic } from './nic-observation.ts'
import { ipv6Of, isSettled, settle } from './nic-settings.ts'
import { poll } from './poll.ts'
import type { RunProgram } from './program.ts'

const CARRIER_PATIENCE = { timeoutMs: 3000, intervalMs: 2 }
const SANDBOX_AGAIN_MS = 2000
/** The longest name of an interface, IFNAMSIZ less its end. */
const NAME = /^[a-z][a-z0-9]{0,14}$/

export interface NicsOptions {
  readonly settings: HostSettings
  readonly sandboxes: Sandboxes
  readonly runProgram: RunProgram
  readonly clock: Clock
}

const checkedName = (name: string): string => {
  if (NAME.test(name)) return name
  throw new RangeError(`${JSON.stringify(name)} can't name an interface`)
}

const address4 = (text: string): string => nftAddress(text, 4)
const address6 = (text: string): string => nftAddress(text, 6)

/** The marks of both ends. */
interface Marks {
  readonly host: string
  readonly tenant: string
}

/** Lines for `ip -batch`: the pair, its tenant's end born inside the sandbox. */
const pairBatch = ({ interface: name }: Allocation, pid: number, { host, tenant }: Marks): string =>
  `link add name ${checkedName(name)} address ${host} type veth peer name eth0 address ${tenant} netns ${pid}`

/** Nothing has to be found out on a link of two, so duplicates are not looked for. */
const hostBatch = (allocation: Allocation, { tenant }: Marks): string => {
  const { interface: name, hostAddress, tenantAddress, prefixLength } = allocation
  const ipv6 = ipv6Of(allocation)
  const neighbour = (address: string) => `neighbor replace ${address} lladdr ${tenant} nud permanent dev ${name}`
  return [
    `address add ${address4(hostAddress)}/${prefixLength} dev ${checkedName(name)}`,
    ...(ipv6 === 'none' ? [] : [`address add ${address6(ipv6.hostAddress)}/${ipv6.prefixLength} dev ${name} nodad`]),
    `link set dev ${name} up`,
    neighbour(address4(tenantAddress)),
    ...(ipv6 === 'none' ? [] : [neighbour(address6(ipv6.tenantAddress))]),
  ].join('\n')
}

const tenantBatch = (allocation: Allocation, { host }: Marks): string => {
  const { tenantAddress, hostAddress, prefixLength } = allocation
  const ipv6 = ipv6Of(allocation)
  const neighbour = (address: string) => `neighbor replace ${address} lladdr ${host} nud permanent dev eth0`
  const before = (link: Ipv6Link) => [
    'link set dev eth0 addrgenmode none',
    `address add ${address6(link.tenantAddress)}/${link.prefixLength} dev eth0 nodad`,
  ]
  const after = (link: Ipv6Link) => [
    neighbour(address6(link.hostAddress)),
    `route add ::/0 via ${address6(link.hostAddress)} dev eth0`,
  ]
  return [
    'link set dev lo up',
    ...(ipv6 === 'none' ? [] : before(ipv6)),
    `address add ${address4(tenantAddress)}/${prefixLength} dev eth0`,
    'link set dev eth0 up',
    neighbour(address4(hostAddress)),
    `route add default via ${address4(hostAddress)} dev eth0`,
    ...(ipv6 === 'none' ? [] : after(ipv6)),
  ].join('\n')
}

const hasAllWaysOut = (pid: number, allocation: Allocation): boolean => ipv6Of(allocation) === 'none' || hasWayOut(pid)

/** Veth pairs by iproute2. Observing starts no program. */
export const createNics = ({ settings, sandboxes, runProgram, clock }: NicsOptions): Nics => {
  const markOf = (name: string) => interfaceMark(settings.instance, checkedName(name))
  const marksOf = ({ interface: name }: Allocation): Marks => ({
    host: markOf(name),
    tenant: interfaceMark(settings.instance, `${checkedName(name)} inside`),
  })
  const hostInterfaces = createHostInterfaces(networkInterfaces, clock)

  const isHostEndReady = (allocation: Allocation): boolean => {
    const { interface: name, hostAddress } = allocation
    if (readMark(name) !== markOf(name) || !isSettled(allocation)) return false
    const ipv6 = ipv6Of(allocation)
    const standing = new Set((hostInterfaces.read()[name] ?? []).map(({ address }) => address))
    return standing.has(hostAddress) && (ipv6 === 'none' || standing.has(ipv6.hostAddress))
  }

  const areEndsReady = (pid: number, allocation: Allocation): boolean =>
    isHostEndReady(allocation) && isTenantEndReady(pid, allocation, markOf(allocation.interface))

  const observe: Nics['observe'] = async (account, allocation) => {
    if (readMark(checkedName(allocation.interface)) === undefined) return 'absent'
    const sandbox = await sandboxes.observe(account)
    if (sandbox === 'absent') return 'incomplete'
    return areEndsReady(sandbox.pid, allocation) && hasAllWaysOut(sandbox.pid, allocation) ? 'ready' : 'incomplete'
  }

  const detach: Nics['detach'] = async (interfaceName) => {
    const standing = readMark(checkedName(interfaceName))
    if (standing === undefined) return
    if (standing !== markOf(interfaceName))
      throw new TerminalError('NameTaken', `the interface ${interfaceName} is not Palisade's`)
    hostInterfaces.forget()
    try {
      await runProgram('ip', ['link', 'delete', 'dev', interfaceName])
    } catch (error) {
      // The pair also goes with the tenant's namespace, a moment after its last process.
      if (readMark(interfaceName) !== undefined) throw error
    }
  }

  /** Makes the pair anew. */
  const attachTo = async (pid: number, account: string, allocation: Allocation): Promise<void> => {
    await detach(allocation.interface)
    const marks = marksOf(allocation)
    await runProgram('ip', ['-batch', '-'], { input: pairBatch(allocation, pid, marks) })
    settle(allocation)
    const enter = ['--target', `${pid}`, '--net', '--']
    await runProgram('nsenter', [...enter, 'ip', '-batch', '-'], { input: tenantBatch(allocation, marks) })
    await runProgram('ip', ['-batch', '-'], { input: hostBatch(allocation, marks) })
    // The kernel calls a link running a moment after both of its ends are up.
    const ready = await poll(clock, CARRIER_PATIENCE, async () => {
      hostInterfaces.forget()
      return (await observe(account, allocation)) === 'ready' ? true : undefined
    })
    if (!ready) throw new Error(`the NIC ${allocation.interface} of ${account} did not come up`)
  }

  return {
    observe,
    detach,

    observeTraffic: async ({ interface: name }) => (readMark(name) === markOf(name) ? readTraffic(name) : 'unknown'),

    observePool: async () => checkPool(settings, readHostNetworks('/proc', hostInterfaces.read())),

    async findOccupant({ interface: name }) {
      return readMark(checkedName(name)) === undefined ? undefined : `an interface ${name} exists`
    },

    async attach(account, allocation) {
      hostInterfaces.forget()
      if ((await observe(account, allocation)) === 'ready') return
      const sandbox = await sandboxes.observe(account)
      if (sandbox === 'absent')
        throw new WaitingError('SandboxNotReady', `the sandbox of ${account} does not stand`, SANDBOX_AGAIN_MS)
      if (!hasAllWaysOut(sandbox.pid, allocation)) await openWayOut(runProgram, sandbox.pid)
      if (!areEndsReady(sandbox.pid, allocation)) await attachTo(sandbox.pid, account, allocation)
    },
  }
}
