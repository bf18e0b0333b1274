import type { ChildProcess } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
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
import { converse, echo, listen, reach, say, serve } from './host-sockets.ts'
import { inNetwork, ipBatch, raiseWorld, type World, world } from './host-world.ts'

const alice = tenant('ptcalice', 48)
const bob = tenant('ptcbob', 49)
const HOST_PORT = 18_099
const TENANT_PORT = 80
const MAIL_PORT = 25
const SUBMISSION_PORT = 587
const ECHO_PORT = 7

const usual: OutboundPolicy = { internet: true, smtp: false, hostedSites: true, privateRanges: [] }
/** As far as a spec can open it. */
const widest: OutboundPolicy = { internet: true, smtp: true, hostedSites: true, privateRanges: ['0.0.0.0/0', '::/0'] }

const ipv6Of = ({ allocation: { ipv6 } }: typeof alice) => (ipv6 === 'none' ? expect.unreachable() : ipv6)

const forwarding = (): readonly string[] =>
  ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'ipv6/conf/eth0/accept_ra'].map((file) =>
    readFileSync(`/proc/sys/net/${file}`, 'utf8').trim(),
  )

const raiseWithNic = async ({ account, allocation }: typeof alice): Promise<number> => {
  await raiseSandbox({ account, allocation })
  await firewall.setPolicy(allocation, usual)
  await nics.attach(account, allocation)
  const sandbox = await sandboxes.observe(account)
  if (sandbox === 'absent') throw new Error('no sandbox')
  return sandbox.pid
}

describe('the fence between a tenant and everything else', () => {
  const started: ChildProcess[] = []
  let alicePid = 0
  let bobPid = 0
  let beyond: World
  const forwardingBefore = forwarding()
  const flush = () => runProgram('nft', ['flush', 'table', 'inet', settings.instance])

  beforeAll(async () => {
    expect(await firewall.observe()).toBe('absent')
    alicePid = await raiseWithNic(alice)
    bobPid = await raiseWithNic(bob)
    beyond = await raiseWorld()
    started.push(await serve(bobPid, TENANT_PORT), await serve(process.pid, HOST_PORT, settings.httpPort))
    started.push(await serve(beyond.pid, TENANT_PORT, MAIL_PORT, SUBMISSION_PORT))
    await firewall.ensure()
  }, 60_000)
  afterEach(() => firewall.setPolicy(alice.allocation, usual))
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL')
    beyond.end()
    await firewall.drop()
    await raze(alice)
    await raze(bob)
    removeDirectories()
  })

  const crossings: [string, () => Promise<string>][] = [
    ['to another tenant', () => reach(alicePid, bob.allocation.tenantAddress, TENANT_PORT)],
    ['to another tenant by IPv6', () => reach(alicePid, ipv6Of(bob).tenantAddress, TENANT_PORT)],
    ['to a service of the host on its own gateway', () => reach(alicePid, alice.allocation.hostAddress, HOST_PORT)],
    ['to the same by IPv6', () => reach(alicePid, ipv6Of(alice).hostAddress, HOST_PORT)],
    ['to a service of the host on the gateway of another', () => reach(alicePid, ipv6Of(bob).hostAddress, HOST_PORT)],
    ['to a service of the host on another address', () => reach(alicePid, world.host.ipv4, HOST_PORT)],
    ['to the same by IPv6', () => reach(alicePid, world.host.ipv6, HOST_PORT)],
    ['to metadata', () => reach(alicePid, world.metadata4, TENANT_PORT)],
    ['to what is local to a link', () => reach(alicePid, world.linkLocal4, TENANT_PORT)],
    ['to metadata by IPv6', () => reach(alicePid, world.metadata6, TENANT_PORT)],
    ['from the internet', () => reach(beyond.pid, bob.allocation.tenantAddress, TENANT_PORT)],
    ['from the internet by IPv6', () => reach(beyond.pid, ipv6Of(bob).tenantAddress, TENANT_PORT)],
  ]

  test.each(crossings)(
    'no way %s, whatever the policy, which would be open without the rules',
    async (_what, cross) => {
      await firewall.setPolicy(alice.allocation, widest)
      await flush()
      expect(await cross()).not.toBe('closed')
      expect(await firewall.observe()).toBe('stale')
      await firewall.ensure()
      expect(await firewall.observe()).toBe('ready')
      expect(await cross()).toBe('closed')
    },
  )

  test('no way to a loopback address of the host, even where its kernel would route there', async () => {
    const { interface: name, hostAddress, tenantAddress } = alice.allocation
    const { child, lines } = await listen(process.pid, 4, HOST_PORT)
    started.push(child)
    const tell = (text: string) => say(alicePid, text, tenantAddress, '127.0.0.1', HOST_PORT)
    // As a tenant's root can: 127.0.0.1 is beyond the gateway, and not at home.
    await ipBatch(alicePid, [
      'route delete local 127.0.0.1 dev lo table local',
      'route delete local 127.0.0.0/8 dev lo table local',
      `route add 127.0.0.1/32 via ${hostAddress} src ${tenantAddress}`,
    ])
    await runProgram('sysctl', ['--quiet', `net.ipv4.conf.${name}.route_localnet=1`])
    await tell('fenced')
    await flush()
    await tell('open')
    await eventually('it is told of', () => lines.includes('open'))
    expect(lines).not.toContain('fenced')
    expect(await nics.observe(alice.account, alice.allocation)).toBe('incomplete')
    await runProgram('sysctl', ['--quiet', `net.ipv4.conf.${name}.route_localnet=0`])
    await firewall.ensure()
  })

  const targets = {
    internet: [world.ipv4, TENANT_PORT],
    'internet by IPv6': [world.ipv6, TENANT_PORT],
    mail: [world.ipv4, MAIL_PORT],
    'mail by IPv6': [world.ipv6, MAIL_PORT],
    submission: [world.ipv4, SUBMISSION_PORT],
    private: [world.private4, TENANT_PORT],
    'private by IPv6': [world.private6, TENANT_PORT],
    'mail of a private range': [world.private4, MAIL_PORT],
    'sites of the host': [world.host.ipv4, settings.httpPort],
    'sites of the host by IPv6': [world.host.ipv6, settings.httpPort],
  } as const
  const ways = ['internet', 'internet by IPv6', 'submission']
  const mail = ['mail', 'mail by IPv6']
  const sites = ['sites of the host', 'sites of the host by IPv6']
  const closed: OutboundPolicy = { internet: false, smtp: false, hostedSites: false, privateRanges: [] }

  test.each<[string, OutboundPolicy, readonly string[]]>([
    ['usual', usual, [...ways, ...sites]],
    ['closed', closed, []],
    ['mail', { ...closed, internet: true, smtp: true }, [...ways, ...mail]],
    ['mail without the internet', { ...closed, smtp: true }, []],
    ['sites of the host', { ...closed, hostedSites: true }, sites],
    ['IPv4 range', { ...closed, privateRanges: ['10.196.0.0/15'] }, ['private']],
    ['IPv6 range', { ...closed, privateRanges: ['fd97:97::1/128'] }, ['private by IPv6']],
    ['another range', { ...closed, privateRanges: ['10.198.0.0/15', 'fd98::/16'] }, []],
    ['narrower range in its place', { ...closed, privateRanges: ['10.197.0.0/24'] }, ['private']],
    [
      'range with mail',
      { ...closed, smtp: true, privateRanges: ['10.0.0.0/8'] },
      ['private', 'mail of a private range'],
    ],
  ])('the policy: %s', async (_name, policy, open) => {
    await firewall.setPolicy(alice.allocation, policy)
    const answers = await Promise.all(
      Object.entries(targets).map(
        async ([name, [address, port]]) => [name, await reach(alicePid, address, port)] as const,
      ),
    )
    expect(answers.filter(([, answer]) => answer !== 'closed').map(([name]) => name)).toEqual(
      Object.keys(targets).filter((name) => open.includes(name)),
    )
    expect(await firewall.observePolicy(alice.allocation)).toEqual(policy)
    expect(await firewall.observePolicy(bob.allocation)).toEqual(usual)
    expect(await reach(bobPid, world.ipv4, TENANT_PORT)).toBe(world.host.ipv4)
  })

  test('a stricter policy ends the connections that stand', async () => {
    const server = await echo(beyond.pid, ECHO_PORT)
    const { child, lines } = await converse(alicePid, world.ipv4, ECHO_PORT)
    started.push(server.child, child)
    child.stdin?.write('one\n')
    await eventually('it is answered', () => lines.includes('one'))
    await firewall.setPolicy(alice.allocation, { ...usual, internet: false })
    child.stdin?.write('two\n')
    await eventually('it has ended', () => lines.includes('ended'))
    expect(lines).not.toContain('two')
  })

  test('the internet is reached under the addresses of the host', async () => {
    expect(await reach(alicePid, world.ipv4, TENANT_PORT)).toBe(world.host.ipv4)
    expect(await reach(alicePid, world.ipv6, TENANT_PORT)).toBe(world.host.ipv6)
  })

  test('a resolver on a private address answers for names, and for nothing else', async () => {
    await inNetwork(beyond.pid, 'ip', 'address', 'add', `${RESOLVER}/32`, 'dev', 'lo')
    await runProgram('ip', ['route', 'add', RESOLVER, 'via', world.ipv4])
    started.push(await serve(beyond.pid, 53))
    expect(await reach(alicePid, RESOLVER, 53)).toBe(world.host.ipv4)
    expect(await reach(alicePid, RESOLVER, TENANT_PORT)).toBe('closed')
  })

  test('the host reaches a tenant', async () => {
    const { hostAddress, tenantAddress } = bob.allocation
    expect(await reach(process.pid, tenantAddress, TENANT_PORT)).toBe(hostAddress)
    expect(await reach(process.pid, ipv6Of(bob).tenantAddress, TENANT_PORT)).toBe(ipv6Of(bob).hostAddress)
  })

  test('one deleted rule is noticed', async () => {
    const listing = await runProgram('nft', ['--json', '--handle', 'list', 'chain', 'inet', settings.instance, 'input'])
    const handle = /"rule": \{[^}]*"handle": (\d+)/.exec(listing)?.[1]
    await runProgram('nft', ['delete', 'rule', 'inet', settings.instance, 'input', 'handle', `${handle}`])
    expect(await firewall.observe()).toBe('stale')
    await firewall.ensure()
    expect(await firewall.observe()).toBe('ready')
  })

  test('a place in a set that was taken or given by hand is noticed, and put right', async () => {
    const { interface: name } = alice.allocation
    for (const verb of ['delete', 'add'])
      for (const set of verb === 'add' ? ['smtp'] : ['internet']) {
        await runProgram('nft', [`${verb} element inet ${settings.instance} ${set} { ${name} }`])
        expect(await firewall.observe()).toBe('stale')
        expect(await firewall.observePolicy(alice.allocation)).not.toEqual(usual)
        await firewall.setPolicy(alice.allocation, usual)
        expect(await firewall.observe()).toBe('ready')
      }
  })

  test('a table that was deleted comes back with every policy', async () => {
    await firewall.setPolicy(alice.allocation, widest)
    await runProgram('nft', ['delete', 'table', 'inet', settings.instance])
    expect(await firewall.observe()).toBe('absent')
    await firewall.ensure()
    expect(await firewall.observePolicy(alice.allocation)).toEqual(widest)
    expect(await firewall.observePolicy(bob.allocation)).toEqual(usual)
    expect(await reach(bobPid, world.ipv4, TENANT_PORT)).toBe(world.host.ipv4)
  })

  test('where nothing says what an account may, it may nothing', async () => {
    rmSync(join(settings.runDirectory, 'policies', alice.allocation.interface))
    await firewall.ensure()
    expect(await firewall.observePolicy(alice.allocation)).toBe('absent')
    expect(await reach(alicePid, world.ipv4, TENANT_PORT)).toBe('closed')
    expect(await reach(bobPid, world.ipv4, TENANT_PORT)).toBe(world.host.ipv4)
  })

  test('forwarding that was turned off is noticed', async () => {
    for (const name of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']) {
      await runProgram('sysctl', ['--write', `${name}=0`])
      expect(await firewall.observe()).toBe('stale')
      await firewall.ensure()
      expect(forwarding().slice(0, 2)).toEqual(['1', '1'])
    }
  })

  test('a dropped firewall leaves the host as it was, and other tables alone', async () => {
    await runProgram('nft', ['add', 'table', 'inet', 'pltest-c-other'])
    try {
      await firewall.drop()
      expect(await firewall.observe()).toBe('absent')
      expect(forwarding()).toEqual(forwardingBefore)
      expect(await runProgram('nft', ['list', 'tables'])).toContain('pltest-c-other')
    } finally {
      await runProgram('nft', ['delete', 'table', 'inet', 'pltest-c-other'])
    }
  })
})
