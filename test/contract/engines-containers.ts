import { expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { containerNamed, type EnginesUnderTest, idleContainer, network } from './engines-under-test.ts'

/** What an engine makes of containers. */
export const containerCases = (host: () => EnginesUnderTest): void => {
  it('replaces a container of the same name', async () => {
    const { engines, account, image } = host()
    await engines.createContainer(account, idleContainer(image), 'a')
    const first = await containerNamed(host(), 'idle')
    await engines.createContainer(account, idleContainer(image), 'b')
    const second = await containerNamed(host(), 'idle')
    expect(second).toMatchObject({ digest: 'b', state: 'running' })
    expect(second?.id).not.toBe(first?.id)
  })

  it('removes a container, and removes it again', async () => {
    const { engines, account, image } = host()
    await engines.createContainer(account, idleContainer(image), 'a')
    await engines.removeContainer(account, 'idle')
    await engines.removeContainer(account, 'idle')
    expect(await containerNamed(host(), 'idle')).toBeUndefined()
  })

  it('stops every container, twice, and starts one again', async () => {
    const { engines, account, image } = host()
    await engines.createContainer(account, idleContainer(image), 'a')
    await engines.createContainer(account, idleContainer(image, { name: 'other' }), 'a')
    await engines.stopContainers(account)
    await engines.stopContainers(account)
    const { containers } = await engines.observe(account)
    expect([...containers.values()].map(({ state }) => state)).toEqual(['exited', 'exited'])
    await engines.startContainer(account, 'idle')
    expect((await containerNamed(host(), 'idle'))?.state).toBe('running')
  })

  it('starts, limits and signals a running container without replacing it', async () => {
    const { engines, account, image } = host()
    await engines.createContainer(account, idleContainer(image), 'a')
    const before = await containerNamed(host(), 'idle')
    await engines.startContainer(account, 'idle')
    await engines.updateContainer(account, 'idle', { cpuMillis: 250, memoryBytes: 64 * 1024 * 1024, pids: 32 })
    await engines.signal(account, 'idle', 'SIGHUP')
    const after = await containerNamed(host(), 'idle')
    expect(after).toEqual(before)
  })

  it('tells how a container fares that ends again and again, and what limits it will have', async () => {
    const { engines, account, image } = host()
    const never = new AbortController().signal
    const crashing = idleContainer(image, { name: 'crashing', command: ['sh', '-c', 'echo no such table; exit 3'] })
    await host().crash('crashing', { exitCode: 3, log: 'no such table' })
    await engines.createContainer(account, crashing, 'a')
    await eventually('it was started again', async () => {
      const { verdict, container } = await engines.probe(account, crashing, never)
      if (container === 'missing' || container.state !== 'restarting' || container.restarts < 3) return false
      expect({ verdict, ...container }).toMatchObject({ verdict: 'stopped', exitCode: 3, outOfMemory: false })
      expect(container.lastedMs).toBeLessThan(30_000)
      return true
    })
    expect(await engines.logs(account, 'crashing', 5)).toContain('no such table')
    await eventually('it is seen between two of its starts', async () => {
      const seen = await containerNamed(host(), 'crashing')
      if (seen?.state !== 'restarting') return false
      expect(seen.limits).toEqual(crashing.limits)
      return true
    })
  })

  it('tells of a container that is well that it was never started again', async () => {
    const { engines, account, image } = host()
    await engines.createContainer(account, idleContainer(image), 'a')
    const { container } = await engines.probe(account, idleContainer(image), new AbortController().signal)
    expect(container).toMatchObject({ state: 'running', restarts: 0, exitCode: 0, lastedMs: 0 })
  })

  it('wakes a paused container', async () => {
    const { engines, account, image } = host()
    await engines.createContainer(account, idleContainer(image), 'a')
    await host().pause('idle')
    expect((await containerNamed(host(), 'idle'))?.state).toBe('paused')
    await engines.startContainer(account, 'idle')
    expect((await containerNamed(host(), 'idle'))?.state).toBe('running')
  })

  it('shows what a failed creation left, and replaces it', async () => {
    const { engines, account, image } = host()
    const networks = [
      { network: 'www', aliases: [] },
      { network: 'missing', aliases: [] },
    ]
    await engines.createNetwork(account, network('www'))
    const failing = engines.createContainer(account, idleContainer(image, { networks }), 'a')
    await expect(failing).rejects.toThrow('missing')
    expect((await containerNamed(host(), 'idle'))?.state).toBe('created')
    await engines.createContainer(account, idleContainer(image, { networks: networks.slice(0, 1) }), 'b')
    expect(await containerNamed(host(), 'idle')).toMatchObject({ state: 'running', digest: 'b' })
  })

  it('waits for a container that is gone', async () => {
    const { engines, account, image } = host()
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
}
