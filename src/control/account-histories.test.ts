import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settings } from '../../test/fakes/accounts.ts'
import { anyAccount } from '../../test/fakes/any-account.ts'
import { operatedHost } from '../../test/fakes/operated-host.ts'
import type { SimulatedHost, SimulatedTenant } from '../../test/fakes/simulated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { allocationOf } from '../plan/allocation.ts'
import { render } from '../plan/render.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'
import type { PublishedPort } from '../plan/resources.ts'
import { TransientError } from '../ports/errors.ts'

/** Ways in which a host comes apart under an operator. */
const faults: Record<string, (tenant: SimulatedTenant, host: SimulatedHost) => void> = {
  removesContainers: ({ containers }) => containers.clear(),
  stopsContainers: ({ containers }) => {
    for (const container of containers.values()) container.state = 'exited'
  },
  killsEngine: (tenant) => {
    tenant.engine = false
  },
  killsHolder: (tenant) => {
    tenant.pid = undefined
    tenant.nic = false
    tenant.engine = false
    for (const container of tenant.containers.values()) container.state = 'exited'
  },
  removesNetworks: ({ networks }) => networks.clear(),
  removesNic: (tenant) => {
    tenant.nic = false
  },
  changesLimits: (tenant) => {
    tenant.limits = { cpuMillis: 1, memoryBytes: 1, pids: 1 }
    for (const container of tenant.containers.values()) container.limits = { cpuMillis: 1, memoryBytes: 1, pids: 1 }
  },
  losesZones: (_tenant, host) => host.zones.clear(),
  losesRoutes: (_tenant, host) => host.routes.clear(),
  losesFiles: ({ files, secrets, directories }) => {
    files.clear()
    secrets.clear()
    directories.clear()
  },
  losesImages: ({ images }) => images.clear(),
  losesSchemas: ({ schemas }) => schemas.clear(),
  losesRun: ({ loaded }) => loaded.clear(),
  dropsUser: (tenant) => {
    tenant.user = false
  },
}

/** What was made for `alice`, and where nothing else may have been left. */
const standing = (host: SimulatedHost) => {
  const { containers, directories, files, secrets, images, networks, schemas, loaded } = host.tenant('alice')
  const names = (held: { keys(): Iterable<string> }) => [...held.keys()].sort()
  return {
    directories: names(directories),
    files: [...files].map(([path, { digest }]) => [path, digest]).sort(),
    secrets: names(secrets),
    schemas: names(schemas),
    images: names(images),
    networks: names(networks),
    containers: [...containers].map(([name, { digest, state, limits }]) => [name, digest, state, limits]).sort(),
    configurations: [...loaded].filter(([name]) => containers.has(name)).sort(),
    routes: [...host.routes].sort(),
    zones: [...host.zones].flatMap(([name, { owner, digest }]) => (owner === undefined ? [] : [[name, digest]])).sort(),
    // What customers have put into their sites is never removed.
    inventory: host.records.get('alice')?.inventory.filter((id) => !id.startsWith('site/')),
  }
}

const containersOf = (wanted: ResolvedAccount) =>
  render(wanted, allocationOf(settings, 0), settings, allKinds).containers

const upstreamOf = ({ hostAddress, hostPort }: PublishedPort): string => `${hostAddress}:${hostPort}`

describe('an account', () => {
  it('converges from any state to any other, and a second pass changes and writes nothing', async () => {
    const moves = fc.array(fc.tuple(anyAccount, fc.subarray(Object.keys(faults))), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(moves, async (history) => {
        const { host, specs, start, signal, condition } = operatedHost()
        const reconciler = start()
        for (const [wanted, broken] of history) {
          specs.put(wanted)
          for (const name of broken) faults[name]?.(host.tenant('alice'), host)
          expect(await reconciler.reconcile('alice', signal)).toEqual({ next: 'idle' })
          expect(condition('alice', 'Ready').status).toBe('True')
          const { calls, writes, events } = { ...host, events: host.events.length, calls: host.calls.length }
          await reconciler.reconcile('alice', signal)
          expect([host.calls.length, host.writes, host.events.length]).toEqual([calls, writes, events])
        }
      }),
      { numRuns: 60 },
    )
  })

  it('stands after any history as it would from the start, cut off anywhere on the way', async () => {
    const moves = fc.array(fc.tuple(anyAccount, fc.nat({ max: 120 })), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(moves, anyAccount, async (history, last) => {
        const { host, specs, start, signal, condition } = operatedHost()
        for (const [wanted, calls] of history) {
          specs.put({ ...wanted, removedData: 'delete' })
          host.crashAt = host.calls.length + calls
          await start().reconcile('alice', signal)
          host.crashAt = undefined
        }
        specs.put({ ...last, removedData: 'delete' })
        const reconciler = start()
        await reconciler.reconcile('alice', signal)
        await reconciler.reconcile('alice', signal)
        expect(condition('alice', 'Ready')).toMatchObject({ status: 'True' })
        const fresh = operatedHost()
        fresh.specs.put({ ...last, removedData: 'delete' })
        await fresh.start().reconcile('alice', signal)
        expect(standing(host)).toEqual(standing(fresh.host))
      }),
      { numRuns: 60 },
    )
  })

  it('removes no container that the edge still sends requests to', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyAccount, { minLength: 2, maxLength: 4 }), async (history) => {
        const { host, specs, start, signal } = operatedHost()
        const containers = history.flatMap((wanted) => containersOf(wanted))
        const upstreamsOf = (name: string) =>
          containers.filter((one) => one.name === name).flatMap(({ publish }) => publish.map(upstreamOf))
        const change = host.change.bind(host)
        host.change = (call) => {
          change(call)
          const [action, , name = ''] = call.split(' ')
          if (action !== 'removeContainer') return
          const sent = [...host.routes.values()]
          expect(sent.filter((upstream) => upstreamsOf(name).includes(upstream))).toEqual([])
        }
        for (const wanted of history) {
          specs.put(wanted)
          expect(await start().reconcile('alice', signal)).toEqual({ next: 'idle' })
        }
      }),
      { numRuns: 60 },
    )
  })

  it('changes nothing more while a part of it fails, and makes up for it when that is over', async () => {
    const failing = fc.record({ first: anyAccount, next: anyAccount, image: fc.nat(), container: fc.nat() })
    await fc.assert(
      fc.asyncProperty(failing, async ({ first, next, image, container }) => {
        const { host, specs, start, signal, condition } = operatedHost()
        const reconciler = start()
        specs.put(first)
        await reconciler.reconcile('alice', signal)
        const wanted = containersOf(next)
        const lost = wanted[image % wanted.length]?.image.name ?? ''
        const ill = wanted[container % wanted.length]?.name ?? ''
        host.unavailableImages.set(lost, new TransientError('ImageUnavailable', `cannot pull ${lost}`))
        host.tenant('alice').ailments.set(ill, { type: 'unhealthy', output: 'no', known: true })
        specs.put(next)
        for (let pass = 0; pass < 3; pass++) await reconciler.reconcile('alice', signal)
        const calls = host.calls.length
        await reconciler.reconcile('alice', signal)
        // A reload that is not confirmed is asked for again.
        const changes = host.calls.slice(calls).filter((call) => !call.startsWith(`signal alice ${ill} `))
        expect(changes).toEqual([])
        host.unavailableImages.clear()
        host.tenant('alice').ailments.clear()
        await reconciler.reconcile('alice', signal)
        await reconciler.reconcile('alice', signal)
        expect(condition('alice', 'Ready')).toMatchObject({ status: 'True' })
      }),
      { numRuns: 60 },
    )
  })
})
