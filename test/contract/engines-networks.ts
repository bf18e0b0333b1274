import { expect, it } from 'vitest'
import { containerNamed, type EnginesUnderTest, idleContainer, network } from './engines-under-test.ts'

/** What an engine makes of networks, and of the services on them. */
export const networkCases = (host: () => EnginesUnderTest): void => {
  it('makes a network once', async () => {
    const { engines, account } = host()
    await engines.createNetwork(account, network('db'))
    const first = (await engines.observe(account)).networks.get('db')
    expect(first).toMatchObject({ internal: true, subnet: '172.30.0.0/24' })
    await engines.createNetwork(account, network('db'))
    expect((await engines.observe(account)).networks.get('db')).toEqual(first)
  })

  it('makes a network anew that differs', async () => {
    const { engines, account } = host()
    await engines.createNetwork(account, network('www'))
    await engines.createNetwork(account, network('www', { internal: false }))
    expect((await engines.observe(account)).networks.get('www')?.internal).toBe(false)
  })

  it('removes a network with a service on it, and removes it again', async () => {
    const { engines, account, image } = host()
    await engines.createNetwork(account, network('www'))
    await engines.createContainer(account, idleContainer(image, { networks: [{ network: 'www', aliases: [] }] }), 'a')
    await engines.removeNetwork(account, 'www')
    await engines.removeNetwork(account, 'www')
    const { networks, containers } = await engines.observe(account)
    expect(networks).toEqual(new Map())
    expect(containers.get('idle')).toMatchObject({ state: 'running', networks: new Map() })
  })

  it('runs a container with its digest, on the networks it wants', async () => {
    const { engines, account, image } = host()
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
    const { engines, account, image } = host()
    await engines.createContainer(account, idleContainer(image), 'a')
    expect((await containerNamed(host(), 'idle'))?.networks).toEqual(new Map())
  })

  it('connects a container once to a network that it lacks', async () => {
    const { engines, account, image } = host()
    await engines.createNetwork(account, network('www'))
    await engines.createContainer(account, idleContainer(image, { networks: [{ network: 'www', aliases: [] }] }), 'a')
    await engines.removeNetwork(account, 'www')
    await engines.createNetwork(account, network('www'))
    await engines.connectNetwork(account, 'idle', { network: 'www', aliases: ['idle'] })
    await engines.connectNetwork(account, 'idle', { network: 'www', aliases: ['idle'] })
    const { networks, containers } = await engines.observe(account)
    expect(containers.get('idle')?.networks).toEqual(new Map([['www', networks.get('www')?.id]]))
  })

  it('connects a stopped container to the network that was made anew under it, and starts it only then', async () => {
    const { engines, account, image } = host()
    const networks = [{ network: 'www', aliases: [] }]
    await engines.createNetwork(account, network('www'))
    await engines.createContainer(account, idleContainer(image, { networks }), 'a')
    await engines.stopContainers(account)
    await engines.removeNetwork(account, 'www')
    await engines.createNetwork(account, network('www'))
    await expect(engines.startContainer(account, 'idle')).rejects.toThrow(/not found/)
    await engines.connectNetwork(account, 'idle', { network: 'www', aliases: [] })
    await engines.startContainer(account, 'idle')
    const seen = await engines.observe(account)
    expect(seen.containers.get('idle')?.networks).toEqual(new Map([['www', seen.networks.get('www')?.id]]))
  })
}
