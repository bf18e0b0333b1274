import { expect, it } from 'vitest'
import type { EngineEvent } from '../../src/ports/engine.ts'
import { eventually } from '../fixtures/eventually.ts'
import { type EnginesUnderTest, idleContainer, network } from './engines-under-test.ts'

/** What is the engine's as a whole: looks, images, probes, events, and what is not ours. */
export const engineCases = (host: () => EnginesUnderTest): void => {
  it('observes an engine without anything of ours', async () => {
    const { engines, account, image } = host()
    const { containers, networks, images } = await engines.observe(account)
    expect(containers).toEqual(new Map())
    expect(networks).toEqual(new Map())
    expect(images.has(image)).toBe(true)
  })

  it('never touches a container that is not ours', async () => {
    const { engines, account, image } = host()
    await host().makeForeign('container', 'idle')
    const before = await host().foreign()
    expect(before).toHaveLength(1)
    expect((await engines.observe(account)).containers).toEqual(new Map())
    await expect(engines.createContainer(account, idleContainer(image), 'a')).rejects.toMatchObject({
      name: 'TerminalError',
      reason: 'ContainerNameTaken',
    })
    await expect(engines.startContainer(account, 'idle')).rejects.toMatchObject({ reason: 'ContainerMissing' })
    await engines.stopContainers(account)
    await engines.removeContainer(account, 'idle')
    expect(await host().foreign()).toEqual(before)
  })

  it('never touches a network that is not ours', async () => {
    const { engines, account } = host()
    await host().makeForeign('network', 'www')
    const before = await host().foreign()
    expect(before).toHaveLength(1)
    expect((await engines.observe(account)).networks).toEqual(new Map())
    await expect(engines.createNetwork(account, network('www'))).rejects.toMatchObject({
      name: 'TerminalError',
      reason: 'NetworkNameTaken',
    })
    await engines.removeNetwork(account, 'www')
    expect(await host().foreign()).toEqual(before)
  })

  it('loads an image, and refuses an archive that does not hold it', async () => {
    const { engines, account, image } = host()
    await host().removeImage()
    expect((await engines.observe(account)).images.has(image)).toBe(false)
    await expect(engines.createContainer(account, idleContainer(image), 'a')).rejects.toMatchObject({
      name: 'WaitingError',
      reason: 'ImageMissing',
    })
    await engines.loadImage(account, image, host().archive)
    await engines.loadImage(account, image, host().archive)
    expect((await engines.observe(account)).images.has(image)).toBe(true)
    const refused = { name: 'TerminalError', reason: 'ImageUnavailable' }
    await expect(engines.loadImage(account, 'other:1', host().archive)).rejects.toMatchObject(refused)
    await expect(engines.loadImage(account, image, `${host().archive}.none`)).rejects.toMatchObject(refused)
  })

  it('removes an image that no container is made of, and leaves every other', async () => {
    const { engines, account, image } = host()
    const isThere = async () => (await engines.observe(account)).images.has(image)
    await engines.createNetwork(account, network('www'))
    await engines.createContainer(account, idleContainer(image), 'a')
    await engines.removeImage(account, image)
    expect(await isThere()).toBe(true)
    await engines.removeContainer(account, 'idle')
    await engines.removeImage(account, image)
    await engines.removeImage(account, image)
    expect(await isThere()).toBe(false)
    await engines.loadImage(account, image, host().archive)
  })

  it('gives a look at the engine that later changes leave alone', async () => {
    const { engines, account, image } = host()
    await engines.createNetwork(account, network('www'))
    await engines.createContainer(account, idleContainer(image), 'a')
    const before = await engines.observe(account)
    await engines.removeNetwork(account, 'www')
    await engines.stopContainers(account)
    expect([...before.networks.keys()]).toEqual(['www'])
    expect(before.containers.get('idle')?.state).toBe('running')
  })

  it('waits for an engine that is not there', async () => {
    const { engines } = host()
    const waiting = { name: 'WaitingError', reason: 'EngineUnavailable', afterMs: 500 }
    await expect(engines.observe('nobody')).rejects.toMatchObject(waiting)
    await expect(engines.createNetwork('nobody', network('www'))).rejects.toMatchObject(waiting)
    await expect(engines.stopContainers('nobody')).rejects.toMatchObject(waiting)
    const events = []
    for await (const event of engines.events('nobody', new AbortController().signal)) events.push(event.type)
    expect(events).toEqual(['disconnected'])
  })

  it('probes the health of a service', async () => {
    const { engines, account, image } = host()
    const container = idleContainer(image)
    const never = new AbortController().signal
    expect((await engines.probe(account, container, never)).verdict).toBe('stopped')
    await engines.createContainer(account, container, 'a')
    expect((await engines.probe(account, container, never)).verdict).toBe('healthy')
    await engines.stopContainers(account)
    expect((await engines.probe(account, container, never)).verdict).toBe('stopped')
    const stopped = AbortSignal.abort(new Error('stop now'))
    await expect(engines.probe(account, container, stopped)).rejects.toThrow('stop now')
  })

  it('tells of a container that ended, and ends when it is told to', async () => {
    const { engines, account, image } = host()
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
}
