import { tenantLayout } from '../../../src/plan/settings.ts'
import { WaitingError } from '../../../src/ports/errors.ts'
import type { EngineProcesses, Nics, Sandboxes } from '../../../src/ports/host.ts'
import { endEngine, endNic, endSandbox, type SimulatedTenant } from './tenant.ts'
import { need, type World } from './world.ts'

const SANDBOX_AGAIN_MS = 2_000
/** The longest name of an interface, IFNAMSIZ less its end. */
const INTERFACE = /^[a-z][a-z0-9]{0,14}$/

/** @throws WaitingError `SandboxNotReady` */
const requireSandbox = (world: World, account: string): SimulatedTenant => {
  const tenant = world.tenant(account)
  if (tenant.pid !== undefined) return tenant
  throw new WaitingError('SandboxNotReady', `the sandbox of ${account} does not stand`, SANDBOX_AGAIN_MS)
}

export const simulatedSandboxes = (world: World): Sandboxes => ({
  async observe(account) {
    const { pid } = world.tenant(account)
    return pid === undefined ? 'absent' : { pid }
  },
  async start(account) {
    world.change(`startSandbox ${account}`)
    const tenant = world.tenant(account)
    if (tenant.pid !== undefined) return
    need(tenant.user, 'the user')
    need(tenant.limits !== undefined, 'the control group')
    need(tenant.directories.has(tenantLayout(world.settings, account).tree), 'the tree')
    endSandbox(tenant)
    tenant.pid = world.nextId()
  },
  async stop(account) {
    world.change(`stopSandbox ${account}`)
    const tenant = world.tenant(account)
    endSandbox(tenant)
    // It stands in the run directory, which goes too.
    tenant.loaded.clear()
  },
})

export const simulatedNics = (world: World): Nics => ({
  observePool: async () => 'free',
  async findOccupant({ interface: name }) {
    return world.accountOfInterface.has(name) ? `an interface ${name} exists` : undefined
  },
  observe: async (account) => (world.tenant(account).nic ? 'ready' : 'absent'),
  async attach(account, allocation) {
    world.change(`attachNic ${account}`)
    requireSandbox(world, account).nic = true
    world.accountOfInterface.set(allocation.interface, account)
  },
  async observeTraffic({ interface: name }) {
    const account = world.accountOfInterface.get(name)
    return account === undefined ? 'unknown' : world.tenant(account).traffic
  },
  async detach(interfaceName) {
    world.change(`detachNic ${interfaceName}`)
    if (!INTERFACE.test(interfaceName)) throw new RangeError(`${JSON.stringify(interfaceName)} can't name an interface`)
    const account = world.accountOfInterface.get(interfaceName)
    if (account === undefined) return
    endNic(world.tenant(account))
    world.accountOfInterface.delete(interfaceName)
  },
})

/** As the restart policy does: what was told to stop stays stopped, and what lacks a network does not start. */
const restartContainers = ({ containers, networks }: SimulatedTenant): void => {
  for (const container of containers.values()) {
    if (container.state !== 'exited' || container.stopped) continue
    if ([...container.networks].some(([name, id]) => networks.get(name)?.id !== id)) continue
    container.state = 'running'
    container.health = 'starting'
  }
}

export const simulatedEngineProcesses = (world: World): EngineProcesses => ({
  observe: async (account) => (world.tenant(account).engine ? 'running' : 'stopped'),
  runtimes: async () => world.runtimes,
  async start(account) {
    world.change(`startEngine ${account}`)
    const tenant = requireSandbox(world, account)
    if (tenant.engine) return
    tenant.engine = true
    restartContainers(tenant)
  },
  async stop(account) {
    world.change(`stopEngine ${account}`)
    endEngine(world.tenant(account))
  },
})
