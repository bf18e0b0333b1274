import { expect, it } from 'vitest'
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
