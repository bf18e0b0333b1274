import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { runProgram } from '../../src/drivers/host/program.ts'
import {
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
import { type Lines, listen, say } from './host-sockets.ts'
import { inNetwork, ipBatch, raiseWorld, type World, world } from './host-world.ts'

const mallory = tenant('ptcmallory', 50)
const { interface: NIC, hostAddress, tenantAddress } = mallory.allocation
const ipv6 = mallory.allocation.ipv6 === 'none' ? expect.unreachable() : mallory.allocation.ipv6
const victim = tenant('ptcvictim', 51).allocation
const victim6 = victim.ipv6 === 'none' ? expect.unreachable() : victim.ipv6
const PORT = 5_353

/** Frames by a raw socket, as root of the tenant's network namespace can send them. */
const sendFrame = (pid: number, protocol: number, hex: string): Promise<string> =>
  inNetwork(
    pid,
    'perl',
    '-e',
    `use Socket; socket(my $s, 17, SOCK_RAW, ${protocol}) or die $!;
    open(my $f, '<', '/proc/self/net/if_inet6'); my ($index) = map { hex((split)[1]) } grep { / eth0$/ } <$f>;
    my $to = pack('SnlSCCx8', 17, ${protocol}, $index, 0, 0, 6);
    send($s, pack('H*', '${hex}'), 0, $to) or die $!;`,
  )

const hexOf = (address: string): string =>
  address
    .split('.')
    .map((octet) => Number(octet).toString(16).padStart(2, '0'))
    .join('')

const MALLORY_MAC = '020000000bad'
/** Who has the host's address? I am `address`. RFC 826. */
const arpClaim = (address: string): string =>
  [
    'ffffffffffff',
    MALLORY_MAC,
    '0806',
    '0001080006040001',
    MALLORY_MAC,
    hexOf(address),
    '000000000000',
    hexOf(hostAddress),
  ].join('')

/** A router's advertisement, RFC 4861 section 4.2, from a link-local address, whose checksum the kernel makes. */
const ADVERTISEMENT = `use Socket qw(:all); my ($from, $index) = @ARGV;
  socket(my $s, AF_INET6, SOCK_RAW, 58) or die $!;
  setsockopt($s, 41, 18, pack('i', 255)) or die $!;
  bind($s, pack_sockaddr_in6(0, inet_pton(AF_INET6, $from), $index)) or die $!;
  send($s, pack('CCnCCnNN', 134, 0, 0, 64, 0, 1800, 0, 0), 0, pack_sockaddr_in6(0, inet_pton(AF_INET6, 'ff02::1'), $index)) or die $!;`

describe('a tenant that lies about who it is', () => {
  const started: ChildProcess[] = []
  let pid = 0
  let beyond: World | undefined
  let heard: Record<'ipv4' | 'ipv6', Lines>
  const setHost = (...lines: string[]) => runProgram('sysctl', ['--quiet', ...lines])
  const conf = (family: 4 | 6, setting: string) => `net.ipv${family}.conf.${NIC}.${setting}`
  /** The host believes what it is told, with all rules of ours gone. */
  const unfence = async (): Promise<void> => {
    await runProgram('nft', ['flush', 'table', 'inet', settings.instance])
    await setHost(`${conf(4, 'rp_filter')}=0`, `${conf(4, 'arp_ignore')}=0`, `${conf(6, 'accept_ra')}=2`)
  }
  const neighbours = () => runProgram('ip', ['neighbor', 'show', 'dev', NIC])
  const routers = () => runProgram('ip', ['-6', 'route', 'show', 'default', 'dev', NIC])

  beforeAll(async () => {
    await raiseSandbox(mallory)
    await firewall.setPolicy(mallory.allocation, { internet: true, smtp: false, hostedSites: true, privateRanges: [] })
    await nics.attach(mallory.account, mallory.allocation)
    const sandbox = await sandboxes.observe(mallory.account)
    pid = sandbox === 'absent' ? expect.unreachable() : sandbox.pid
    const raised = await raiseWorld()
    beyond = raised
    heard = { ipv4: await listen(raised.pid, 4, PORT), ipv6: await listen(raised.pid, 6, PORT) }
    started.push(heard.ipv4.child, heard.ipv6.child)
    await ipBatch(pid, [
      `address add ${victim.tenantAddress}/32 dev lo`,
      'address add 198.51.100.7/32 dev lo',
      `address add ${victim6.tenantAddress}/128 dev lo nodad`,
      'address add 2001:db8::7/128 dev lo nodad',
      'address add fe80::bad/64 dev eth0 nodad',
    ])
  }, 60_000)
  afterEach(async () => {
    await setHost(`${conf(4, 'rp_filter')}=1`, `${conf(4, 'arp_ignore')}=8`, `${conf(6, 'accept_ra')}=0`)
    await firewall.ensure()
  })
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL')
    beyond?.end()
    await firewall.drop()
    await raze(mallory)
    removeDirectories()
  })

  test.each([
    ['ipv4', 'the address of a neighbour', victim.tenantAddress, tenantAddress, world.ipv4],
    ['ipv4', 'an address from nowhere', '198.51.100.7', tenantAddress, world.ipv4],
    ['ipv6', 'the address of a neighbour', victim6.tenantAddress, ipv6.tenantAddress, world.ipv6],
    ['ipv6', 'an address from nowhere', '2001:db8::7', ipv6.tenantAddress, world.ipv6],
  ] as const)('by %s sends nothing from %s', async (family, _what, spoofed, own, to) => {
    const { lines } = heard[family]
    // The rules alone hold it, without the kernel's own check of sources.
    await setHost(`${conf(4, 'rp_filter')}=0`)
    await say(pid, `fenced ${spoofed}`, spoofed, to, PORT)
    await say(pid, `own ${spoofed}`, own, to, PORT)
    await eventually('its own is heard', () => lines.includes(`own ${spoofed}`))
    await unfence()
    await say(pid, `open ${spoofed}`, spoofed, to, PORT)
    await eventually('the other is heard', () => lines.includes(`open ${spoofed}`))
    expect(lines).not.toContain(`fenced ${spoofed}`)
  })

  test('claims no other address by ARP, nor its own for another card', async () => {
    const own = (await neighbours()).split('\n').find((line) => line.startsWith(`${tenantAddress} `))
    expect(own).toContain('PERMANENT')
    await sendFrame(pid, 0x0806, arpClaim('10.97.0.241'))
    await sendFrame(pid, 0x0806, arpClaim(tenantAddress))
    await unfence()
    await sendFrame(pid, 0x0806, arpClaim('10.97.0.242'))
    await eventually('the host believes it', async () => (await neighbours()).includes('10.97.0.242'))
    expect(await neighbours()).not.toContain('10.97.0.241')
    expect(await neighbours()).toContain(own?.trim())
  })

  test('is no router', async () => {
    const index = readFileSync(`/proc/${pid}/net/if_inet6`, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith(' eth0'))
      .map((line) => Number.parseInt(line.split(' ')[1] ?? '', 16))[0]
    const advertise = () => inNetwork(pid, 'perl', '-e', ADVERTISEMENT, 'fe80::bad', `${index}`)
    await advertise()
    expect(await routers()).toBe('')
    await unfence()
    // Without a link-local address of its own, the host hears no router at all.
    await runProgram('ip', ['-6', 'address', 'add', 'fe80::1/64', 'dev', NIC, 'nodad'])
    await eventually('the host believes it', async () => {
      await advertise()
      return (await routers()).includes('fe80::bad')
    })
    await runProgram('ip', ['-6', 'route', 'delete', 'default', 'via', 'fe80::bad', 'dev', NIC])
    await firewall.ensure()
    await advertise()
    await say(pid, 'after the advertisement', ipv6.tenantAddress, world.ipv6, PORT)
    await eventually('what came after it is heard', () => heard.ipv6.lines.includes('after the advertisement'))
    expect(await routers(), 'the rules alone hold it').toBe('')
  })
})
