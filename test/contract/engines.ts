import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DesiredContainer, DesiredNetwork } from '../../src/plan/resources.ts'
import type { EngineEvent, Engines } from '../../src/ports/engine.ts'
import { eventually } from '../fixtures/eventually.ts'

export const network = (name: string, changes: Partial<DesiredNetwork> = {}): DesiredNetwork => ({
  type: 'network',
  name,
  subnet: '172.30.0.0/24',
  internal: true,
  ...changes,
})

/** A service that does nothing until it is told to stop. */
export const idleContainer = (image: string, changes: Partial<DesiredContainer> = {}): DesiredContainer => ({
  type: 'container',
  name: 'idle',
  image,
  command: ['sh', '-c', 'trap "exit 0" TERM; trap "echo reloaded" HUP; echo started; while :; do sleep 1 & wait; done'],
  environment: {},
  user: { uid: 33, gid: 33 },
  mounts: [],
  tmpfs: [{ target: '/tmp', sizeBytes: 1024 * 1024, owner: { uid: 33, gid: 33 }, mode: '0700' }],
  networks: [],
  publish: [],
  health: { command: ['true'], intervalMs: 60_000, timeoutMs: 10_000, retries: 3 },
  limits: { cpuMillis: 500, memoryBytes: 32 * 1024 * 1024, pids: 16 },
  stopSignal: 'SIGTERM',
  stopTimeoutSeconds: 5,
  configFiles: [],
  reloadSignal: 'SIGHUP',
  ...changes,
})

export interface EnginesUnderTest {
  readonly engines: Engines
  readonly account: string
  /** Present in the engine, with a shell. */
  readonly image: string
  /** A `docker load` archive of the image alone. */
  readonly archive: string
  readonly removeImage: () => Promise<void>
  /** Makes a container that runs, or a network, that nobody calls ours. */
  readonly makeForeign: (type: 'container' | 'network', name: string) => Promise<void>
  /** Ids of the foreign containers that run and of the foreign networks. */
  readonly foreign: () => Promise<readonly string[]>
  readonly pause: (container: string) => Promise<void>
  /** Removes every container and network of the account. */
  readonly clear: () => Promise<void>
}

/** What every {@link Engines} keeps to, on a running engine without containers. */
export const enginesContract = (name: string, make: () => Promise<EnginesUnderTest>): void => {
  describe(`${name} keeps the contract of engines`, () => {
    let engines: Engines
    let account: string
    let image: string
    let host: EnginesUnderTest

    beforeEach(async () => {
      host = await make()
      engines = host.engines
      account = host.account
      image = host.image
    })
    afterEach(() => host.clear())

    const containerNamed = async (container: string) => (await engines.observe(account)).containers.get(container)

    it('observes an engine without anything of ours', async () => {
      const { containers, networks, images } = await engines.observe(account)
      expect(containers).toEqual(new Map())
      expect(networks).toEqual(new Map())
      expect(images.has(image)).toBe(true)
    })

    it('makes a network once', async () => {
      await engines.createNetwork(account, network('db'))
      const first = (await engines.observe(account)).networks.get('db')
      expect(first).toMatchObject({ internal: true, subnet: '172.30.0.0/24' })
      await engines.createNetwork(account, network('db'))
      expect((await engines.observe(account)).networks.get('db')).toEqual(first)
    })

    it('makes a network anew that differs', async () => {
      await engines.createNetwork(account, network('www'))
      await engines.createNetwork(account, network('www', { internal: false }))
      expect((await engines.observe(account)).networks.get('www')?.internal).toBe(false)
    })

    it('removes a network with a service on it, and removes it again', async () => {
      await engines.createNetwork(account, network('www'))
      await engines.createContainer(account, idleContainer(image, { networks: [{ network: 'www', aliases: [] }] }), 'a')
      await engines.removeNetwork(account, 'www')
      await engines.removeNetwork(account, 'www')
      const { networks, containers } = await engines.observe(account)
      expect(networks).toEqual(new Map())
      expect(containers.get('idle')).toMatchObject({ state: 'running', networks: new Map() })
    })

    it('runs a container with its digest, on the networks it wants', async () => {
      await engines.createNetwork(account, network('www'))
      await engines.createNetwork(account, network('db', { subnet: '172.30.1.0/24' }))
      const networks = ['www', 'db'].map((wanted) => ({ network: wanted, aliases: ['idle'] }))
      await engines.createContainer(account, idleContainer(image, { networks }), 'digest-1')
      const seen = await engines.observe(account)
      expect(seen.containers.get('idle')).toMatchObject({
        digest: 'digest-1',
        state: 'running',
        limits: 'unknown',
        networks: new Map([...seen.networks].map(([wanted, { id }]) => [wanted, id])),
      })
    })

    it('gives a container no network that wants none', async () => {
      await engines.createContainer(account, idleContainer(image), 'a')
      expect((await containerNamed('idle'))?.networks).toEqual(new Map())
    })

    it('replaces a container of the same name', async () => {
      await engines.createContainer(account, idleContainer(image), 'a')
      const first = await containerNamed('idle')
      await engines.createContainer(account, idleContainer(image), 'b')
      const second = await containerNamed('idle')
      expect(second).toMatchObject({ digest: 'b', state: 'running' })
      expect(second?.id).not.toBe(first?.id)
    })

    it('removes a container, and removes it again', async () => {
      await engines.createContainer(account, idleContainer(image), 'a')
      await engines.removeContainer(account, 'idle')
      await engines.removeContainer(account, 'idle')
      expect(await containerNamed('idle')).toBeUndefined()
    })

    it('stops every container, twice, and starts one again', async () => {
      await engines.createContainer(account, idleContainer(image), 'a')
      await engines.createContainer(account, idleContainer(image, { name: 'other' }), 'a')
      await engines.stopContainers(account)
      await engines.stopContainers(account)
      const { containers } = await engines.observe(account)
      expect([...containers.values()].map(({ state }) => state)).toEqual(['exited', 'exited'])
      await engines.startContainer(account, 'idle')
      expect((await containerNamed('idle'))?.state).toBe('running')
    })

    it('starts, limits and signals a running container without replacing it', async () => {
      await engines.createContainer(account, idleContainer(image), 'a')
      const before = await containerNamed('idle')
      await engines.startContainer(account, 'idle')
      await engines.updateContainer(account, 'idle', { cpuMillis: 250, memoryBytes: 64 * 1024 * 1024, pids: 32 })
      await engines.signal(account, 'idle', 'SIGHUP')
      const after = await containerNamed('idle')
      expect(after).toEqual(before)
    })

    it('connects a container once to a network that it lacks', async () => {
      await engines.createNetwork(account, network('www'))
      await engines.createContainer(account, idleContainer(image, { networks: [{ network: 'www', aliases: [] }] }), 'a')
      await engines.removeNetwork(account, 'www')
      await engines.createNetwork(account, network('www'))
      await engines.connectNetwork(account, 'idle', { network: 'www', aliases: ['idle'] })
      await engines.connectNetwork(account, 'idle', { network: 'www', aliases: ['idle'] })
      const { networks, containers } = await engines.observe(account)
      expect(containers.get('idle')?.networks).toEqual(new Map([['www', networks.get('www')?.id]]))
    })

    it('connects a stopped container to the network that was made anew under it', async () => {
      const networks = [{ network: 'www', aliases: [] }]
      await engines.createNetwork(account, network('www'))
      await engines.createContainer(account, idleContainer(image, { networks }), 'a')
      await engines.stopContainers(account)
      await engines.removeNetwork(account, 'www')
      await engines.createNetwork(account, network('www'))
      await engines.connectNetwork(account, 'idle', { network: 'www', aliases: [] })
      await engines.startContainer(account, 'idle')
      const seen = await engines.observe(account)
      expect(seen.containers.get('idle')?.networks).toEqual(new Map([['www', seen.networks.get('www')?.id]]))
    })

    it('wakes a paused container', async () => {
      await engines.createContainer(account, idleContainer(image), 'a')
      await host.pause('idle')
      expect((await containerNamed('idle'))?.state).toBe('paused')
      await engines.startContainer(account, 'idle')
      expect((await containerNamed('idle'))?.state).toBe('running')
    })

    it('shows what a failed creation left, and replaces it', async () => {
      const networks = [
        { network: 'www', aliases: [] },
        { network: 'missing', aliases: [] },
      ]
      await engines.createNetwork(account, network('www'))
      const failing = engines.createContainer(account, idleContainer(image, { networks }), 'a')
      await expect(failing).rejects.toThrow('missing')
      expect((await containerNamed('idle'))?.state).toBe('created')
      await engines.createContainer(account, idleContainer(image, { networks: networks.slice(0, 1) }), 'b')
      expect(await containerNamed('idle')).toMatchObject({ state: 'running', digest: 'b' })
    })

    it('never touches a container that is not ours', async () => {
      await host.makeForeign('container', 'idle')
      const before = await host.foreign()
      expect(before).toHaveLength(1)
      expect((await engines.observe(account)).containers).toEqual(new Map())
      await expect(engines.createContainer(account, idleContainer(image), 'a')).rejects.toMatchObject({
        name: 'TerminalError',
        reason: 'ContainerNameTaken',
      })
      await expect(engines.startContainer(account, 'idle')).rejects.toMatchObject({ reason: 'ContainerMissing' })
      await engines.stopContainers(account)
      await engines.removeContainer(account, 'idle')
      expect(await host.foreign()).toEqual(before)
    })

    it('never touches a network that is not ours', async () => {
      await host.makeForeign('network', 'www')
      const before = await host.foreign()
      expect(before).toHaveLength(1)
      expect((await engines.observe(account)).networks).toEqual(new Map())
      await expect(engines.createNetwork(account, network('www'))).rejects.toMatchObject({
        name: 'TerminalError',
        reason: 'NetworkNameTaken',
      })
      await engines.removeNetwork(account, 'www')
      expect(await host.foreign()).toEqual(before)
    })

    it('loads an image, and refuses an archive that does not hold it', async () => {
      await host.removeImage()
      expect((await engines.observe(account)).images.has(image)).toBe(false)
      await expect(engines.createContainer(account, idleContainer(image), 'a')).rejects.toMatchObject({
        name: 'WaitingError',
        reason: 'ImageMissing',
      })
      await engines.loadImage(account, image, host.archive)
      await engines.loadImage(account, image, host.archive)
      expect((await engines.observe(account)).images.has(image)).toBe(true)
      const refused = { name: 'TerminalError', reason: 'ImageUnavailable' }
      await expect(engines.loadImage(account, 'other:1', host.archive)).rejects.toMatchObject(refused)
      await expect(engines.loadImage(account, image, `${host.archive}.none`)).rejects.toMatchObject(refused)
    })

    it('gives a look at the engine that later changes leave alone', async () => {
      await engines.createNetwork(account, network('www'))
      await engines.createContainer(account, idleContainer(image), 'a')
      const before = await engines.observe(account)
      await engines.removeNetwork(account, 'www')
      await engines.stopContainers(account)
      expect([...before.networks.keys()]).toEqual(['www'])
      expect(before.containers.get('idle')?.state).toBe('running')
    })

    it('waits for a container that is gone', async () => {
      const missing = { name: 'WaitingError', reason: 'ContainerMissing' }
      const { limits } = idleContainer(image)
      await engines.createNetwork(account, network('www'))
      await expect(engines.startContainer(account, 'idle')).rejects.toMatchObject(missing)
      await expect(engines.signal(account, 'idle', 'SIGHUP')).rejects.toMatchObject(missing)
      await expect(engines.updateContainer(account, 'idle', limits)).rejects.toMatchObject(missing)
      await expect(engines.logs(account, 'idle', 1)).rejects.toMatchObject(missing)
      const connecting = engines.connectNetwork(account, 'idle', { network: 'www', aliases: [] })
      await expect(connecting).rejects.toMatchObject(missing)
    })

    it('waits for an engine that is not there', async () => {
      const waiting = { name: 'WaitingError', reason: 'EngineUnavailable', afterMs: 500 }
      await expect(engines.observe('nobody')).rejects.toMatchObject(waiting)
      await expect(engines.createNetwork('nobody', network('www'))).rejects.toMatchObject(waiting)
      await expect(engines.stopContainers('nobody')).rejects.toMatchObject(waiting)
      const events = []
      for await (const event of engines.events('nobody', new AbortController().signal)) events.push(event.type)
      expect(events).toEqual(['disconnected'])
    })

    it('probes the health of a service', async () => {
      const container = idleContainer(image)
      const never = new AbortController().signal
      expect((await engines.probe(account, container, never)).healthy).toBe(false)
      await engines.createContainer(account, container, 'a')
      expect((await engines.probe(account, container, never)).healthy).toBe(true)
      await engines.stopContainers(account)
      expect((await engines.probe(account, container, never)).healthy).toBe(false)
      const stopped = AbortSignal.abort(new Error('stop now'))
      await expect(engines.probe(account, container, stopped)).rejects.toThrow('stop now')
    })

    it('tells of a container that ended, and ends when it is told to', async () => {
      const controller = new AbortController()
      const seen: EngineEvent[] = []
      const watching = (async () => {
        for await (const event of engines.events(account, controller.signal)) seen.push(event)
      })()
      await eventually('the end of a container is told', async () => {
        await engines.createContainer(account, idleContainer(image), 'a')
        await engines.removeContainer(account, 'idle')
        return seen.some(({ type, action, name }) => type === 'container' && action === 'destroy' && name === 'idle')
      })
      controller.abort()
      await watching
      expect(seen.at(-1)).toMatchObject({ account, type: 'disconnected' })
      expect(seen.filter(({ type }) => type === 'disconnected')).toHaveLength(1)
    })
  })
}
