import type { ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/drivers/clock.ts'
import { dockerEngines } from '../../src/drivers/engine/docker-engines.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { networksOf } from '../../src/plan/networks.ts'
import type { DesiredContainer, OutboundPolicy } from '../../src/plan/resources.ts'
import { tenantLayout } from '../../src/plan/settings.ts'
import { idleContainer } from '../contract/engines-under-test.ts'
import {
  engineProcesses,
  eventually,
  firewall,
  nics,
  raiseSandbox,
  raze,
  removeDirectories,
  sandboxes,
  settings,
  tenant,
} from './host-scene.ts'
import { reach, serve } from './host-sockets.ts'
import { inNetwork, ipBatch, raiseWorld, type World, world } from './host-world.ts'

const it = tenant('ptcsix', 54)
const { account, allocation } = it
const IMAGE = 'palisade-test/busybox:six'
const PORT = 80
const MAIL_PORT = 25
const INSIDE_PORT = 8080
const usual: OutboundPolicy = { internet: true, smtp: false, hostedSites: true, privateRanges: [] }
const SERVICE = [
  'sh',
  '-c',
  `trap "exit 0" TERM; nc -ll -p ${INSIDE_PORT} -e echo served & while :; do sleep 1 & wait; done`,
]

const engines = dockerEngines(settings, systemClock, undefined)
const ipv6 = allocation.ipv6 === 'none' ? expect.unreachable() : allocation.ipv6

const docker = async (...args: string[]): Promise<string> => {
  const { engineSocket } = tenantLayout(settings, account)
  return (await runProgram('docker', ['--host', `unix://${engineSocket}`, ...args], { timeoutMs: 60_000 })).trim()
}

const makeImage = async (): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'ptc-six-'))
  try {
    mkdirSync(join(directory, 'root/bin'), { recursive: true })
    copyFileSync('/bin/busybox', join(directory, 'root/bin/busybox'))
    for (const program of ['sh', 'sleep', 'nc', 'echo', 'cat', 'true'])
      symlinkSync('busybox', join(directory, 'root/bin', program))
    const archive = join(directory, 'root.tar')
    await runProgram('tar', ['--create', '--file', archive, '--directory', join(directory, 'root'), '.'])
    await docker('import', archive, IMAGE)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const service = (changes: Partial<DesiredContainer> = {}): DesiredContainer =>
  idleContainer(IMAGE, {
    name: 'web',
    command: SERVICE,
    networks: [{ network: 'www', aliases: [], address: '172.30.0.10' }],
    publish: [{ hostAddress: allocation.tenantAddress, hostPort: 80, containerPort: INSIDE_PORT }],
    ...changes,
  })

/** What a server tells a client in a container of the account; `closed` when it tells nothing. */
const fromContainer = async (name: string, address: string, port: number): Promise<string> =>
  (await docker('exec', name, 'nc', '-w', '1', address, `${port}`).catch(() => '')) || 'closed'

const addressesIn = async (name: string): Promise<string[]> =>
  (await docker('exec', name, 'sh', '-c', 'cat /proc/net/if_inet6 2>/dev/null || true'))
    .split('\n')
    .filter((line) => line !== '' && !line.endsWith(' lo'))

const served = async (): Promise<boolean> => (await reach(process.pid, allocation.tenantAddress, 80)) === 'served'

describe('the containers of a tenant that has IPv6', () => {
  const started: ChildProcess[] = []
  let pid = 0
  let beyond: World

  beforeAll(async () => {
    await raiseSandbox(it)
    await firewall.setPolicy(allocation, usual)
    await nics.attach(account, allocation)
    const sandbox = await sandboxes.observe(account)
    if (sandbox === 'absent') throw new Error('no sandbox')
    pid = sandbox.pid
    beyond = await raiseWorld()
    started.push(await serve(beyond.pid, PORT, MAIL_PORT))
    await engineProcesses.start(account, allocation)
    await makeImage()
    for (const network of networksOf(allocation)) await engines.createNetwork(account, network)
    await engines.createContainer(account, service(), 'a')
    const database = { name: 'database', networks: [{ network: 'db', aliases: [] }], publish: [] }
    await engines.createContainer(account, service(database), 'a')
    await eventually('the container serves', served)
  }, 120_000)
  afterEach(() => firewall.setPolicy(allocation, usual))
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL')
    beyond?.end()
    await firewall.drop()
    await raze(it)
    removeDirectories()
  })

  const address = () => docker('inspect', '--format', '{{.NetworkSettings.Networks.www.GlobalIPv6Address}}', 'web')

  test('reach the internet by the address of the host, as they do by IPv4', async () => {
    expect(await fromContainer('web', world.ipv4, PORT)).toBe(world.host.ipv4)
    expect(await fromContainer('web', world.ipv6, PORT)).toBe(world.host.ipv6)
  })

  test('are held to the policy of their account', async () => {
    expect(await fromContainer('web', world.ipv6, MAIL_PORT)).toBe('closed')
    expect(await fromContainer('web', world.private6, PORT)).toBe('closed')
    expect(await fromContainer('web', world.metadata6, PORT)).toBe('closed')
    await firewall.setPolicy(allocation, { ...usual, smtp: true, privateRanges: ['fd97:97::/64'] })
    expect(await fromContainer('web', world.ipv6, MAIL_PORT)).toBe(world.host.ipv6)
    expect(await fromContainer('web', world.private6, PORT)).toBe(world.host.ipv6)
    await firewall.setPolicy(allocation, { ...usual, internet: false })
    expect(await fromContainer('web', world.ipv6, PORT)).toBe('closed')
  })

  test('are reached by nobody outside of the tenant, whatever routes there are', async () => {
    expect(await reach(pid, await address(), INSIDE_PORT)).toBe('served')
    await ipBatch(process.pid, [
      `route add ${await address()}/128 via ${ipv6.tenantAddress} dev ${allocation.interface}`,
    ])
    expect(await reach(process.pid, await address(), INSIDE_PORT)).toBe('closed')
  })

  test('of the internal network have no address, and no way out', async () => {
    expect(await addressesIn('web')).not.toEqual([])
    expect(await addressesIn('database')).toEqual([])
    expect(await fromContainer('database', world.ipv6, PORT)).toBe('closed')
    expect(await fromContainer('database', await address(), INSIDE_PORT)).toBe('closed')
    expect(await fromContainer('web', await address(), INSIDE_PORT)).toBe('served')
  })

  test('that stand since before get it on the same NIC, without a restart', async () => {
    const [www] = networksOf({ ipv6: 'none' })
    if (www === undefined) throw new Error('no network')
    const nic = () => readFileSync(`/sys/class/net/${allocation.interface}/ifindex`, 'utf8')
    const init = () => docker('inspect', '--format', '{{.State.Pid}}', 'web')
    const before = [nic(), await init()]
    await engines.createNetwork(account, www)
    const [attachment] = service().networks
    if (attachment === undefined) throw new Error('no attachment')
    await engines.connectNetwork(account, 'web', attachment)
    expect(await addressesIn('web')).toEqual([])
    await inNetwork(pid, 'nft', 'delete', 'table', 'ip6', 'palisade')
    await ipBatch(pid, ['route delete unreachable fd5c:9f6e:1e30::/48'])

    expect(await nics.observe(account, allocation)).toBe('incomplete')
    await nics.attach(account, allocation)
    expect(await nics.observe(account, allocation)).toBe('ready')
    for (const network of networksOf(allocation)) await engines.createNetwork(account, network)
    await engines.connectNetwork(account, 'web', attachment)

    expect(await fromContainer('web', world.ipv6, PORT)).toBe(world.host.ipv6)
    expect(await served()).toBe(true)
    expect([nic(), await init()]).toEqual(before)
  })
})
