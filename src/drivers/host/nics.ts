import { networkInterfaces } from 'node:os'
import type { Allocation } from '../../plan/resources.ts'
import type { HostSettings } from '../../plan/settings.ts'
import { TerminalError, WaitingError } from '../../ports/errors.ts'
import type { Nics, Sandboxes } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import { readKernelFile, writeKernelFile } from './kernel-files.ts'
import { createHostInterfaces, interfaceMark, isTenantEndReady, readMark } from './nic-observation.ts'
import { poll } from './poll.ts'
import type { RunProgram } from './program.ts'

const CARRIER_PATIENCE = { timeoutMs: 3000, intervalMs: 2 }
const SANDBOX_AGAIN_MS = 2000
/** The longest name of an interface, IFNAMSIZ less its end. */
const NAME = /^[a-z][a-z0-9]{0,14}$/
const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/

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

const checkedAddress = (address: string): string => {
  if (ADDRESS.test(address)) return address
  throw new RangeError(`${JSON.stringify(address)} is no IPv4 address`)
}

/** Lines for `ip -batch`: the pair, its tenant's end born inside the sandbox. */
const hostBatch = ({ interface: name, hostAddress, prefixLength }: Allocation, pid: number, mark: string): string =>
  [
    `link add name ${checkedName(name)} address ${mark} type veth peer name eth0 netns ${pid}`,
    `address add ${checkedAddress(hostAddress)}/${prefixLength} dev ${name}`,
  ].join('\n')

const tenantBatch = ({ tenantAddress, hostAddress, prefixLength }: Allocation): string =>
  [
    'link set dev lo up',
    `address add ${checkedAddress(tenantAddress)}/${prefixLength} dev eth0`,
    'link set dev eth0 up',
    `route add default via ${checkedAddress(hostAddress)} dev eth0`,
  ].join('\n')

/** Settings of the host end: no IPv6 until tenants get addresses, and no packet from an address that isn't behind it. */
const settingsOf = (name: string): Readonly<Record<string, string>> => ({
  [`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`]: '1',
  [`/proc/sys/net/ipv4/conf/${name}/rp_filter`]: '1',
})

const isSettled = (name: string): boolean =>
  Object.entries(settingsOf(name)).every(([file, value]) => (readKernelFile(file) ?? value) === value)

const settle = (name: string): void => {
  for (const [file, value] of Object.entries(settingsOf(name)))
    if ((readKernelFile(file) ?? value) !== value) writeKernelFile(file, value)
}

/** Veth pairs by iproute2. Observing starts no program. */
export const createNics = ({ settings, sandboxes, runProgram, clock }: NicsOptions): Nics => {
  const markOf = (name: string) => interfaceMark(settings.instance, checkedName(name))
  const hostInterfaces = createHostInterfaces(networkInterfaces, clock)

  const isHostEndReady = ({ interface: name, hostAddress }: Allocation): boolean =>
    readMark(name) === markOf(name) &&
    isSettled(name) &&
    (hostInterfaces.read()[name] ?? []).some(({ family, address }) => family === 'IPv4' && address === hostAddress)

  const observe: Nics['observe'] = async (account, allocation) => {
    if (readMark(checkedName(allocation.interface)) === undefined) return 'absent'
    const sandbox = await sandboxes.observe(account)
    if (sandbox === 'absent') return 'incomplete'
    return isHostEndReady(allocation) && isTenantEndReady(sandbox.pid, allocation) ? 'ready' : 'incomplete'
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

  return {
    observe,
    detach,

    async attach(account, allocation) {
      hostInterfaces.forget()
      if ((await observe(account, allocation)) === 'ready') return
      const sandbox = await sandboxes.observe(account)
      if (sandbox === 'absent')
        throw new WaitingError('SandboxNotReady', `the sandbox of ${account} does not stand`, SANDBOX_AGAIN_MS)
      await detach(allocation.interface)
      await runProgram('ip', ['-batch', '-'], {
        input: hostBatch(allocation, sandbox.pid, markOf(allocation.interface)),
      })
      settle(allocation.interface)
      const enter = ['--target', `${sandbox.pid}`, '--net', '--']
      await runProgram('nsenter', [...enter, 'ip', '-batch', '-'], { input: tenantBatch(allocation) })
      await runProgram('ip', ['link', 'set', 'dev', allocation.interface, 'up'])
      // The kernel calls a link running a moment after both of its ends are up.
      const ready = await poll(clock, CARRIER_PATIENCE, async () => {
        hostInterfaces.forget()
        return (await observe(account, allocation)) === 'ready' ? true : undefined
      })
      if (!ready) throw new Error(`the NIC ${allocation.interface} of ${account} did not come up`)
    },
  }
}
