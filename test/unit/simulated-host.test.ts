import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allocationOf } from '../../src/plan/allocation.ts'
import type { DesiredSecret } from '../../src/plan/resources.ts'
import { tenantLayout } from '../../src/plan/settings.ts'
import { databasesContract } from '../contract/databases.ts'
import { edgeContract } from '../contract/edge.ts'
import { enginesContract } from '../contract/engines.ts'
import { idleContainer } from '../contract/engines-under-test.ts'
import { describeCgroups } from '../contract/host-cgroups.ts'
import { describeContexts } from '../contract/host-contexts.ts'
import { describeFirewall } from '../contract/host-firewall.ts'
import { describeShapers } from '../contract/host-shapers.ts'
import { describeUsers } from '../contract/host-users.ts'
import { describeQuotas } from '../contract/quotas.ts'
import { anyIndex, storeContract } from '../contract/store.ts'
import { treesContract } from '../contract/trees.ts'
import { zonesContract } from '../contract/zones.ts'
import { settings } from '../fakes/accounts.ts'
import { instantClock } from '../fakes/instant-clock.ts'
import { SimulatedCrash, SimulatedHost } from '../fakes/simulated-host.ts'

const ACCOUNT = 'alice'
const IMAGE = 'busybox:1'

const allocation = allocationOf(settings, 0)
const limits = { cpuMillis: 1_000, memoryBytes: 1_073_741_824, pids: 512 }
const layout = tenantLayout(settings, ACCOUNT)

const makeHost = () => {
  const host = new SimulatedHost(instantClock())
  return { host, ports: host.ports(), tenant: host.tenant(ACCOUNT) }
}

const rootOwned = (path: string) => ({ type: 'directory', path, mode: '0755', owner: 'root' }) as const

/** A host with one tenant, up to its engine. */
const raiseTenant = async () => {
  const made = makeHost()
  const { users, trees, cgroups, sandboxes, nics, engineProcesses, engines, images } = made.ports
  await users.ensure(ACCOUNT, allocation)
  for (const path of [layout.tree, layout.secrets]) await trees.ensureDirectory(rootOwned(path), allocation)
  await cgroups.ensure(ACCOUNT, allocation, limits)
  await sandboxes.start(ACCOUNT, allocation)
  await nics.attach(ACCOUNT, allocation)
  await engineProcesses.start(ACCOUNT, allocation)
  const archive = await images.archive({ name: IMAGE, sources: [] }, new AbortController().signal)
  await engines.loadImage(ACCOUNT, IMAGE, archive)
  return { ...made, archive }
}

/** A tenant with a database that runs, and the secrets of two owners. */
const raiseDatabase = async () => {
  const made = await raiseTenant()
  const { trees, engines, databases } = made.ports
  const secret = (name: string): DesiredSecret => ({
    type: 'secret',
    path: join(layout.secrets, name),
    owner: { uid: 33, gid: 33 },
  })
  const [admin, shop, blog] = [secret('root'), secret('shop'), secret('blog')]
  for (const wanted of [admin, shop, blog]) await trees.createSecret(wanted, allocation)
  const mounts = [{ source: layout.sockets, target: '/run/mysqld', readOnly: false }]
  await engines.createContainer(ACCOUNT, idleContainer(IMAGE, { name: 'mariadb', mounts }), 'a')
  const endpoint = {
    engine: 'mariadb' as const,
    service: 'mariadb',
    socket: join(layout.sockets, 'mysqld.sock'),
    adminSecret: admin.path,
  }
  const ownerSecrets: [string, string] = [shop.path, blog.path]
  return { ...made, databases, endpoint, ownerSecrets }
}

describeUsers('SimulatedHost', () => {
  const { host, ports } = makeHost()
  return {
    users: ports.users,
    account: ACCOUNT,
    allocation,
    otherAccount: 'bob',
    otherAllocation: allocationOf(settings, 1),
    async makeForeign(account) {
      host.tenant(account).foreignUser = true
    },
    async removeForeign(account) {
      host.tenant(account).foreignUser = false
    },
  }
})

describeCgroups('SimulatedHost', () => ({ cgroups: makeHost().ports.cgroups, account: ACCOUNT, allocation }))

describeShapers('SimulatedHost', () => {
  const { host, ports } = makeHost()
  return {
    shapers: ports.shapers,
    account: ACCOUNT,
    allocation,
    async attachNic() {
      host.tenant(ACCOUNT).pid = 7
      await ports.nics.attach(ACCOUNT, allocation)
    },
    detachNic: () => ports.nics.detach(allocation.interface),
  }
})

describeQuotas('SimulatedHost', () => {
  const { quotas, trees } = makeHost().ports
  return { quotas, account: ACCOUNT, allocation, removeTree: () => trees.archive(ACCOUNT, false) }
})

describeFirewall('SimulatedHost', () => ({
  firewall: makeHost().ports.firewall,
  allocations: [allocationOf(settings, 1), allocationOf(settings, 2)],
}))

describeContexts('SimulatedHost', async () => {
  const { host, ports } = makeHost()
  return {
    contexts: ports.contexts,
    async makeForeign(account) {
      host.tenant(account).foreignContext = true
    },
    end: async () => {},
  }
})

zonesContract('SimulatedHost', async () => ({ zones: makeHost().ports.zones, remove: async () => {} }))
edgeContract('SimulatedHost', async () => ({ edge: makeHost().ports.edge, remove: async () => {} }))

storeContract('SimulatedHost', async () => ({ store: makeHost().ports.store, remove: async () => {} }))

treesContract('SimulatedHost', async () => ({ trees: makeHost().ports.trees, settings, remove: async () => {} }))

databasesContract('SimulatedHost', async () => {
  const { databases, endpoint, ownerSecrets } = await raiseDatabase()
  const stopped = { ...endpoint, socket: join(layout.sockets, 'none', 'mysqld.sock') }
  const reserved = { schema: 'mysql', owner: 'root' }
  return { databases, endpoint, stopped, reserved, ownerSecrets, clear: async () => {} }
})

enginesContract('SimulatedHost', async () => {
  const { ports, tenant, archive } = await raiseTenant()
  return {
    engines: ports.engines,
    account: ACCOUNT,
    image: IMAGE,
    archive,
    async removeImage() {
      tenant.images.delete(IMAGE)
    },
    async makeForeign(type, name) {
      const held = type === 'container' ? tenant.foreignContainers : tenant.foreignNetworks
      held.add(name)
    },
    foreign: async () => [...tenant.foreignContainers, ...tenant.foreignNetworks],
    async crash(container, how) {
      tenant.ailments.set(container, { type: 'crash', outOfMemory: false, ...how })
    },
    async pause(container) {
      Object.assign(tenant.containers.get(container) ?? {}, { state: 'paused' })
    },
    clear: async () => {},
  }
})

describe('SimulatedHost', () => {
  it('lets nothing stand without what it stands on', async () => {
    const { users, cgroups, sandboxes, nics, engineProcesses } = makeHost().ports
    await users.ensure(ACCOUNT, allocation)
    await cgroups.ensure(ACCOUNT, allocation, limits)
    await expect(sandboxes.start(ACCOUNT, allocation)).rejects.toThrow('needs the tree')
    const waiting = { name: 'WaitingError', reason: 'SandboxNotReady' }
    await expect(nics.attach(ACCOUNT, allocation)).rejects.toMatchObject(waiting)
    await expect(engineProcesses.start(ACCOUNT, allocation)).rejects.toMatchObject(waiting)
  })

  it('ends with a sandbox what lives in it, and keeps what is on the disk', async () => {
    const { ports, tenant } = await raiseTenant()
    await ports.engines.createContainer(ACCOUNT, idleContainer(IMAGE), 'a')
    await ports.store.writeLoadedConfig(ACCOUNT, 'idle', 'digest')
    await ports.sandboxes.stop(ACCOUNT)
    expect(await ports.sandboxes.observe(ACCOUNT)).toBe('absent')
    expect(await ports.nics.observe(ACCOUNT, allocation)).toBe('absent')
    expect(await ports.engineProcesses.observe(ACCOUNT)).toBe('stopped')
    expect(await ports.store.readLoadedConfig(ACCOUNT)).toEqual(new Map())
    expect(tenant.containers.get('idle')?.state).toBe('exited')
    expect([...tenant.directories.keys()]).toContain(layout.tree)
  })

  it('leaves a sandbox and an engine alone that run already', async () => {
    const { ports, tenant } = await raiseTenant()
    const { sandboxes, engineProcesses, engines } = ports
    await engines.createContainer(ACCOUNT, idleContainer(IMAGE), 'a')
    Object.assign(tenant.containers.get('idle') ?? {}, { state: 'exited' })
    const before = await sandboxes.observe(ACCOUNT)
    await sandboxes.start(ACCOUNT, allocation)
    await engineProcesses.start(ACCOUNT, allocation)
    expect(await sandboxes.observe(ACCOUNT)).toEqual(before)
    expect((await engines.observe(ACCOUNT)).containers.get('idle')?.state).toBe('exited')
  })

  it('starts with an engine what ran before it, and not what was told to stop', async () => {
    const { ports } = await raiseTenant()
    const { engines, sandboxes, nics, engineProcesses } = ports
    const restart = async () => {
      await sandboxes.stop(ACCOUNT)
      await sandboxes.start(ACCOUNT, allocation)
      await nics.attach(ACCOUNT, allocation)
      await engineProcesses.start(ACCOUNT, allocation)
      return (await engines.observe(ACCOUNT)).containers.get('idle')
    }
    await engines.createContainer(ACCOUNT, idleContainer(IMAGE), 'a')
    await engines.probe(ACCOUNT, idleContainer(IMAGE), new AbortController().signal)
    expect(await restart()).toMatchObject({ state: 'running', health: 'starting' })
    await engines.stopContainers(ACCOUNT)
    expect(await restart()).toMatchObject({ state: 'exited' })
  })

  it('knows in the kernel the limits of the services that run, also while the engine is away', async () => {
    const { ports } = await raiseTenant()
    const { engines, engineProcesses, cgroups } = ports
    await engines.createContainer(ACCOUNT, idleContainer(IMAGE), 'a')
    const id = (await engines.observe(ACCOUNT)).containers.get('idle')?.id ?? ''
    await engineProcesses.stop(ACCOUNT)
    expect(await cgroups.observeServices(ACCOUNT, [id])).toEqual(new Map([[id, idleContainer(IMAGE).limits]]))
    expect(await cgroups.observeServices(ACCOUNT, [])).toEqual(new Map())
  })

  it('ends the events of an engine that goes away', async () => {
    const { engines, engineProcesses } = (await raiseTenant()).ports
    const events = engines.events(ACCOUNT, new AbortController().signal)[Symbol.asyncIterator]()
    const next = events.next()
    await engineProcesses.stop(ACCOUNT)
    expect(await next).toMatchObject({ value: { type: 'disconnected' } })
    expect((await events.next()).done).toBe(true)
  })

  it('finds by its name the NIC that is detached', async () => {
    const { nics } = (await raiseTenant()).ports
    await nics.detach(allocationOf(settings, 1).interface)
    expect(await nics.observe(ACCOUNT, allocation)).toBe('ready')
    await nics.detach(allocation.interface)
    await nics.detach(allocation.interface)
    expect(await nics.observe(ACCOUNT, allocation)).toBe('absent')
    await expect(nics.detach('eth0; true')).rejects.toThrow(RangeError)
  })

  it('archives no tree that is in use, and drops no user with processes', async () => {
    const { users, trees } = (await raiseTenant()).ports
    await expect(trees.archive(ACCOUNT, true)).rejects.toThrow('needs no process')
    await expect(users.drop(ACCOUNT)).rejects.toThrow('needs no process')
  })

  it('answers for a database while its service runs', async () => {
    const { ports, databases, endpoint } = await raiseDatabase()
    await ports.engines.stopContainers(ACCOUNT)
    expect(await databases.observe(endpoint, [])).toBeUndefined()
    await ports.engines.startContainer(ACCOUNT, 'mariadb')
    expect(await databases.observe(endpoint, [])).toEqual({ schemas: new Set(), owners: new Set() })
  })

  it("never asks one tenant's database for another tenant", async () => {
    const { host, databases, endpoint, ownerSecrets } = await raiseDatabase()
    const socket = join(tenantLayout(settings, 'bob').sockets, 'mysqld.sock')
    expect(await databases.observe({ ...endpoint, socket }, [])).toBeUndefined()
    const schema = { type: 'schema', service: 'mariadb', name: 'shop', owner: 'shop' } as const
    await databases.ensureSchema(endpoint, { ...schema, ownerSecret: ownerSecrets[0] })
    expect(host.tenant(ACCOUNT).schemas.size).toBe(1)
    expect(host.tenant('bob').schemas.size).toBe(0)
  })

  it('says when every index was used', async () => {
    const { store } = new SimulatedHost(instantClock(), { ...settings, ipv4Pool: '10.90.0.0/29' }).ports()
    expect([await store.allocateIndex(anyIndex), await store.allocateIndex(anyIndex)]).toEqual([0, 1])
    await expect(store.allocateIndex(anyIndex)).rejects.toMatchObject({ reason: 'PoolExhausted' })
  })

  it('counts the changing calls, and none that looks, and crashes before the one it is told', async () => {
    const { host, ports } = makeHost()
    await ports.users.ensure(ACCOUNT, allocation)
    await ports.users.observe(ACCOUNT, allocation)
    host.crashAt = 1
    await expect(ports.contexts.create(ACCOUNT)).rejects.toThrow(SimulatedCrash)
    expect(host.calls).toEqual(['ensureUser alice'])
    expect(await ports.contexts.observe(ACCOUNT)).toBe('absent')
  })
})
