import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram } from '../../src/drivers/host/program.ts'
import type { OutboundPolicy } from '../../src/plan/resources.ts'
import {
  eventually,
  firewall,
  nics,
  RESOLVER,
  raiseSandbox,
  raze,
  removeDirectories,
  sandboxes,
  settings,
  tenant,
} from './host-scene.ts'
import { reach, serve } from './host-sockets.ts'

const alice = tenant('ptcalice', 48)
const bob = tenant('ptcbob', 49)
const HOST_PORT = 18_099
const TENANT_PORT = 80
/** A piece of the internet, in a namespace of its own behind the host. */
const world = { interface: 'ptwworld', hostAddress: '51.15.97.1', address: '51.15.97.2' }

const forwarding = (): string => readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim()

const usual: OutboundPolicy = { internet: true, smtp: false, hostedSites: true, privateRanges: [] }

const raiseWithNic = async ({ account, allocation }: typeof alice): Promise<number> => {
  await raiseSandbox({ account, allocation })
  await firewall.setPolicy(allocation, usual)
  await nics.attach(account, allocation)
  const sandbox = await sandboxes.observe(account)
  if (sandbox === 'absent') throw new Error('no sandbox')
  return sandbox.pid
}

const raiseWorld = async (): Promise<ChildProcess> => {
  const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' })
  const pid = holder.pid
  if (pid === undefined) throw new Error('it was not started')
  const namespaceOf = (id: number | 'self') => readFileSync(`/proc/${id}/net/dev`, 'utf8')
  await eventually('the world has its namespace', () => !namespaceOf(pid).includes('eth0'))
  const host = `link add name ${world.interface} type veth peer name eth0 netns ${pid}
    address add ${world.hostAddress}/30 dev ${world.interface}
    link set dev ${world.interface} up`
  await runProgram('ip', ['-batch', '-'], { input: host })
  const inside = `address add ${world.address}/30 dev eth0
    link set dev eth0 up
    route add default via ${world.hostAddress}`
  await runProgram('nsenter', ['--target', `${pid}`, '--net', '--', 'ip', '-batch', '-'], { input: inside })
  return holder
}

describe('the fence between a tenant and everything else', () => {
  const started: ChildProcess[] = []
  let alicePid = 0
  let bobPid = 0
  let worldPid = 0
  const forwardingBefore = forwarding()

  beforeAll(async () => {
    alicePid = await raiseWithNic(alice)
    bobPid = await raiseWithNic(bob)
    const holder = await raiseWorld()
    worldPid = holder.pid ?? 0
    started.push(holder, await serve(bobPid, TENANT_PORT), await serve(worldPid, TENANT_PORT))
    started.push(await serve(process.pid, HOST_PORT))
  })
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL')
    await firewall.drop()
    await raze(alice)
    await raze(bob)
    removeDirectories()
  })

  const crossings: [string, () => Promise<string>][] = [
    ['to another tenant', () => reach(alicePid, bob.allocation.tenantAddress, TENANT_PORT)],
    ['to a service of the host on its own gateway', () => reach(alicePid, alice.allocation.hostAddress, HOST_PORT)],
    ['to a service of the host on another address', () => reach(alicePid, world.hostAddress, HOST_PORT)],
    ['from the internet', () => reach(worldPid, bob.allocation.tenantAddress, TENANT_PORT)],
  ]

  test.each(crossings)('no way %s, which would be open without the rules', async (_what, cross) => {
    await runProgram('nft', ['flush', 'table', 'inet', settings.instance])
    expect(await cross()).not.toBe('closed')
    expect(await firewall.observe()).toBe('stale')
    await firewall.ensure()
    expect(await firewall.observe()).toBe('ready')
    expect(await cross()).toBe('closed')
  })

  test('the internet is reached under the address of the host', async () => {
    expect(await reach(alicePid, world.address, TENANT_PORT)).toBe(world.hostAddress)
  })

  test('a resolver on a private address answers for names, and for nothing else', async () => {
    const onWorld = ['--target', `${worldPid}`, '--net', '--', 'ip', 'address', 'add', `${RESOLVER}/32`, 'dev', 'lo']
    await runProgram('nsenter', onWorld)
    await runProgram('ip', ['route', 'add', RESOLVER, 'via', world.address])
    started.push(await serve(worldPid, 53))
    expect(await reach(alicePid, RESOLVER, 53)).toBe(world.hostAddress)
    expect(await reach(alicePid, RESOLVER, TENANT_PORT)).toBe('closed')
  })

  test('the host reaches a tenant', async () => {
    expect(await reach(process.pid, bob.allocation.tenantAddress, TENANT_PORT)).toBe(bob.allocation.hostAddress)
  })

  test('one deleted rule is noticed', async () => {
    const listing = await runProgram('nft', ['--json', '--handle', 'list', 'chain', 'inet', settings.instance, 'input'])
    const handle = /"rule": \{[^}]*"handle": (\d+)/.exec(listing)?.[1]
    await runProgram('nft', ['delete', 'rule', 'inet', settings.instance, 'input', 'handle', `${handle}`])
    expect(await firewall.observe()).toBe('stale')
    await firewall.ensure()
    expect(await firewall.observe()).toBe('ready')
  })

  test('forwarding that was turned off is noticed', async () => {
    await runProgram('sysctl', ['--write', 'net.ipv4.ip_forward=0'])
    expect(await firewall.observe()).toBe('stale')
    await firewall.ensure()
    expect(forwarding()).toBe('1')
  })

  test('a dropped firewall leaves the host as it was, and other tables alone', async () => {
    await runProgram('nft', ['add', 'table', 'inet', 'pltest-c-other'])
    try {
      await firewall.drop()
      expect(await firewall.observe()).toBe('absent')
      expect(forwarding()).toBe(forwardingBefore)
      expect(await runProgram('nft', ['list', 'tables'])).toContain('pltest-c-other')
    } finally {
      await runProgram('nft', ['delete', 'table', 'inet', 'pltest-c-other'])
    }
  })
})
