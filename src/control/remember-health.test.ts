import { describe, expect, it } from 'vitest'
import { account, settings } from '../../test/fakes/accounts.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { allocationOf } from '../plan/allocation.ts'
import { render } from '../plan/render.ts'
import type { ObservedContainer } from '../plan/resources.ts'
import type { EngineEvent, Engines } from '../ports/engine.ts'
import { rememberHealth } from './remember-health.ts'

const [container] = render(account('alice'), allocationOf(settings, 0), settings, allKinds).containers
if (container === undefined) throw new Error('the fixture has a container')

/** An engine whose container says `starting` whatever happens. */
const setUp = (events: readonly EngineEvent[] = []) => {
  const seen: ObservedContainer = {
    id: 'c1',
    digest: '',
    state: 'running',
    health: 'starting',
    networks: new Map(),
    limits: 'unknown',
  }
  const never = () => expect.unreachable()
  const engines: Engines = {
    observe: async () => ({
      networks: new Map(),
      images: new Set(),
      containers: new Map([[container.name, seen]]),
      jobs: new Set(),
    }),
    createContainer: async () => undefined,
    startContainer: async () => undefined,
    probe: async () => ({ verdict: 'healthy', output: '', container: 'missing' }),
    async *events() {
      yield* events
    },
    createNetwork: never,
    removeNetwork: never,
    removeContainer: never,
    stopContainers: never,
    updateContainer: never,
    connectNetwork: never,
    removeImage: never,
    signal: never,
    check: never,
    startJob: never,
    awaitJob: never,
    loadImage: never,
    logs: never,
  }
  const remembering = rememberHealth(engines)
  const health = async (name = 'alice') => (await remembering.observe(name)).containers.get(container.name)?.health
  return { remembering, health }
}

const { signal } = new AbortController()

describe('a service that the engine calls starting', () => {
  it('is starting until a probe passes, and healthy from then on', async () => {
    const { remembering, health } = setUp()
    expect(await health()).toBe('starting')
    await remembering.probe('alice', container, signal)
    expect(await health()).toBe('healthy')
    expect(await health('bob')).toBe('starting')
  })

  it('is starting again when it is made anew or started again', async () => {
    const { remembering, health } = setUp()
    await remembering.probe('alice', container, signal)
    await remembering.createContainer('alice', container, 'digest')
    expect(await health()).toBe('starting')
    await remembering.probe('alice', container, signal)
    await remembering.startContainer('alice', container.name)
    expect(await health()).toBe('starting')
  })

  it('is starting again when it died', async () => {
    const died = { account: 'alice', type: 'container', action: 'die', name: container.name } as const
    const { remembering, health } = setUp([died])
    await remembering.probe('alice', container, signal)
    const told = []
    for await (const event of remembering.events('alice', signal)) told.push(event)
    expect(told).toEqual([died])
    expect(await health()).toBe('starting')
  })
})
