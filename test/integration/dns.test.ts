import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordType } from '../../src/api/records/record-data.ts'
import { reverseZonesLayer } from '../../src/control/reverse-zones.ts'
import { bindLayout } from '../../src/drivers/bind/bind-layout.ts'
import { systemClock } from '../../src/drivers/clock.ts'
import { readLivingProcess } from '../../src/drivers/edge/process-file.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { compileZones } from '../../src/plan/zones/compile-zones.ts'
import { type DesiredZone, desiredZone } from '../../src/plan/zones/desired-zone.ts'
import { isLater } from '../../src/plan/zones/serial.ts'
import { dnsSettings } from '../fixtures/dns-settings.ts'
import { eventually } from '../fixtures/eventually.ts'
import { freePorts } from '../fixtures/http.ts'
import { openNameServer, type StartedNameServer, startNameServer } from '../fixtures/name-server.ts'
import { plainZone } from '../fixtures/plain-zone.ts'

const dns = dnsSettings({ addresses: ['203.0.113.7', '2001:db8::7'] })

interface Written {
  readonly name: string
  readonly type: RecordType
  readonly value: string
}

/** As a spec would have it. */
const zoneOf = (name: string, records: readonly Written[], hosts: readonly string[] = []): DesiredZone => {
  const [compiled] = compileZones([{ name, records }], hosts, dns)
  if (compiled?.type !== 'zone') throw new Error(compiled?.message)
  return compiled
}

/** Passes every check of ours, but not that of BIND: beside an alias stands nothing. */
const impossibleZone = (name: string): DesiredZone => {
  const { primary, mailbox, ...zone } = plainZone(name)
  return desiredZone({
    name: zone.name,
    ttl: 300,
    primary: primary.slice(0, -1),
    hostmaster: `hostmaster@${name}`,
    signed: false,
    records: [
      { owner: name, ttl: 300, data: { type: 'NS', target: `ns1.${name}` } },
      { owner: `ns1.${name}`, ttl: 300, data: { type: 'A', address: '192.0.2.1' } },
      { owner: `ns1.${name}`, ttl: 300, data: { type: 'CNAME', target: mailbox.slice(0, -1) } },
    ],
  })
}

let server: StartedNameServer
const short = (...args: string[]): Promise<string> => server.dig('+short', ...args)
const observed = async (name: string) => (await server.zones.observe([name])).get(name)
const serialOf = async (name: string): Promise<number> => (await observed(name))?.serial ?? expect.unreachable(name)
const layout = () => bindLayout(server.settings)

beforeAll(async () => {
  server = await startNameServer()
  await server.zones.ensure('other', plainZone('other.example'))
})
afterAll(() => server.remove())

const SHA256 = 'AB'.repeat(32)

const ANSWERED: readonly [type: RecordType, value: string, answer: string][] = [
  ['A', '198.51.100.1', '198.51.100.1'],
  ['AAAA', '2001:db8:0:0::1', '2001:db8::1'],
  ['CNAME', 'Other.Example.', 'other.example.'],
  ['MX', '10 mail.other.example.', '10 mail.other.example.'],
  ['MX', '0 .', '0 .'],
  ['TXT', 'v=spf1 mx -all', '"v=spf1 mx -all"'],
  ['SRV', '0 5 5060 sip.other.example.', '0 5 5060 sip.other.example.'],
  ['CAA', '0 issue "ca.example; policy=ev"', '0 issue "ca.example; policy=ev"'],
  ['NS', 'ns1.other.example.', 'ns1.other.example.'],
  ['PTR', 'host.other.example.', 'host.other.example.'],
  ['SSHFP', `4 2 ${SHA256}`, `4 2 ${SHA256.slice(0, 56)} ${SHA256.slice(56)}`],
  ['TLSA', `3 1 1 ${SHA256}`, `3 1 1 ${SHA256.slice(0, 56)} ${SHA256.slice(56)}`],
  [
    'NAPTR',
    '100 10 "u" "E2U+sip" "!^.*$!sip:info@site.example!" .',
    '100 10 "u" "E2U+sip" "!^.*$!sip:info@site.example!" .',
  ],
  ['SVCB', '0 svc.other.example.', '0 svc.other.example.'],
  ['HTTPS', '1 . alpn=h2,h3 port=8443', '1 . alpn="h2,h3" port=8443'],
  ['HTTPS', '1 . alpn=h2 no-default-alpn ipv4hint=192.0.2.1', '1 . alpn="h2" no-default-alpn ipv4hint=192.0.2.1'],
]

/** Texts that would be something else, or the end of everything, if they reached named as they are. */
const HARMLESS: readonly string[] = [
  '$INCLUDE /etc/shadow',
  '$GENERATE 1-1000000 a$ A 192.0.2.1',
  '$ORIGIN evil.example.',
  'a ; comment',
  'a ( b',
  ') a',
  '@ IN A 192.0.2.66',
  'x'.repeat(255),
  'x'.repeat(256),
  'x'.repeat(20_000),
  'äöü€😀'.repeat(100),
  '"a \\"quoted\\" \\\\ text"',
]

/** What dig prints of a TXT record, put together again. */
const textOf = (answer: string): string => {
  const bytes = [...answer.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].flatMap(([, string = '']) =>
    [...string.matchAll(/\\([0-9]{3})|\\(.)|([^\\])/gs)].map(([, code, escaped, plain]) =>
      code === undefined ? (escaped ?? plain ?? '').charCodeAt(0) : Number(code),
    ),
  )
  return Buffer.from(bytes).toString('utf8')
}

describe('what is allowed', () => {
  it('is answered, of every type', async () => {
    const records = ANSWERED.map(([type, value], index) => ({ name: `r${index}`, type, value }))
    await server.zones.ensure('alice', zoneOf('types.example', records))
    for (const [index, [type, , answer]] of ANSWERED.entries()) {
      // Below a delegation the answer is a referral.
      const asked = await (type === 'NS'
        ? server.dig('+noall', '+authority', `r${index}.types.example`, type)
        : short(`r${index}.types.example`, type))
      expect(asked.split(/\tNS\t/).at(-1)).toBe(answer)
    }
  })

  it('is a text, whatever it looks like', async () => {
    const records = HARMLESS.map((value, index): Written => ({ name: `t${index}`, type: 'TXT', value }))
    await server.zones.ensure('alice', zoneOf('texts.example', records))
    for (const [index, value] of HARMLESS.entries()) {
      const wanted = value.startsWith('"') ? 'a "quoted" \\ text' : value
      expect(textOf(await short('+tcp', `t${index}.texts.example`, 'TXT'))).toBe(wanted)
    }
    expect(await short('a1.texts.example', 'A')).toBe('')
  })

  it('has the records of hosts, and names at their full length', async () => {
    const label = 'a'.repeat(63)
    const host = `${label}.${label}.${label}.${'b'.repeat(47)}.long.example`
    expect(host).toHaveLength(252)
    await server.zones.ensure('alice', zoneOf('long.example', [], [host, 'long.example']))
    expect(await short(host, 'A')).toBe('203.0.113.7')
    expect(await short('long.example', 'AAAA')).toBe('2001:db8::7')
    expect(await short(host, 'CAA')).toBe('0 issue "letsencrypt.org"')
  })
})

describe('the host', () => {
  it('has its addresses lead back to its name, IPv4 and IPv6', async () => {
    const settings = { ...dns, nameServers: ['ns1.provider.example'], reverse: ['203.0.113.0/24', '2001:db8::/32'] }
    const layer = reverseZonesLayer(server.zones, settings)
    await layer.ensure()
    expect(await layer.observe()).toBe('ready')
    expect(await short('-x', '203.0.113.7')).toBe('ns1.provider.example.')
    expect(await short('-x', '2001:db8::7')).toBe('ns1.provider.example.')
    await reverseZonesLayer(server.zones, dns).ensure()
    expect(await short('-x', '203.0.113.7')).toBe('')
  })
})

describe('a change', () => {
  it('that does not pass its check leaves the zone as it is, and all others too', async () => {
    await server.zones.ensure('alice', plainZone('good.example'))
    const before = await observed('good.example')
    await expect(server.zones.ensure('alice', impossibleZone('good.example'))).rejects.toMatchObject({
      reason: 'InvalidZone',
      message: expect.stringContaining('CNAME and other data'),
    })
    expect(await observed('good.example')).toEqual(before)
    expect(await short('ns1.good.example', 'A')).toBe('192.0.2.1')
    await server.zones.ensure('alice', plainZone('next.example'))
    expect(await short('ns1.next.example', 'A')).toBe('192.0.2.1')
  })

  it('asks and starts no program, observed', async () => {
    const started = server.programs.length
    expect((await observed('other.example'))?.fault).toBe('')
    expect(server.programs.slice(started)).toEqual([])
  })

  it('of one zone tells named of this one alone', async () => {
    await server.zones.ensure('alice', plainZone('one.example'))
    const started = server.programs.length
    await server.zones.ensure('alice', plainZone('one.example', '192.0.2.9'))
    expect(
      server.programs.slice(started).map((line) => line.replace(/-k \S+ -s \S+ -p \d+ /, '').split(' /')[0]),
    ).toEqual([expect.stringMatching(/^named-checkzone .* one\.example$/), 'rndc reload one.example'])
  })

  it('is put right when somebody edits the file', async () => {
    await server.zones.ensure('alice', plainZone('edited.example'))
    const serial = await serialOf('edited.example')
    const file = layout().zoneFile('edited.example')
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('192.0.2.1', '192.0.2.66'))
    expect((await observed('edited.example'))?.fault).toBe('was changed in its file')
    await server.zones.ensure('alice', plainZone('edited.example'))
    expect(await observed('edited.example')).toMatchObject({ fault: '' })
    expect(isLater(await serialOf('edited.example'), serial)).toBe(true)
    expect(await short('ns1.edited.example', 'A')).toBe('192.0.2.1')
  })
})

describe('a serial', () => {
  it('rises while the clock is set back', async () => {
    await server.zones.ensure('alice', plainZone('clock.example'))
    const serial = await serialOf('clock.example')
    const lastYear = openNameServer(server.settings, {
      ...systemClock,
      now: () => systemClock.now() - 365 * 86_400_000,
    })
    await lastYear.zones.ensure('alice', plainZone('clock.example', '192.0.2.2'))
    expect(isLater(await serialOf('clock.example'), serial)).toBe(true)
  })

  it('rises when the file is lost, and when what was known of it is', async () => {
    await server.zones.ensure('alice', plainZone('lost.example'))
    const first = await serialOf('lost.example')
    await rm(layout().zoneFile('lost.example'))
    expect((await observed('lost.example'))?.fault).toBe('has lost its file')
    await server.zones.ensure('alice', plainZone('lost.example'))
    const second = await serialOf('lost.example')
    expect(isLater(second, first)).toBe(true)
    await rm(join(layout().ledger, 'lost.example.json'))
    expect(await observed('lost.example')).toBeUndefined()
    await server.zones.ensure('alice', plainZone('lost.example'))
    expect(isLater(await serialOf('lost.example'), second)).toBe(true)
  })
})

describe('a stranger', () => {
  it('gets no answer about what is not ours, and none out of a cache', async () => {
    for (const name of ['stranger.example', '.', 'www.debian.org']) {
      const answer = await server.dig('+recurse', name, 'A')
      expect(answer).toContain('status: REFUSED')
      expect(answer).toContain('flags: qr rd;')
    }
  })

  it('copies no zone, changes none, and learns no version', async () => {
    expect(await server.dig('other.example', 'AXFR')).toContain('Transfer failed')
    const update = `server 127.0.0.1 ${server.settings.dns.port}\nzone other.example.\nupdate add x.other.example. 60 A 192.0.2.66\nsend\n`
    await expect(runProgram('nsupdate', [], { input: update })).rejects.toThrow('REFUSED')
    expect(await short('x.other.example')).toBe('')
    expect(await short('version.bind', 'CH', 'TXT')).toBe('')
    expect(await short('hostname.bind', 'CH', 'TXT')).toBe('')
  })

  it('does not control named, and reads no key', async () => {
    const { controlPort } = server.settings.dns
    const asked = runProgram('rndc', ['-s', '127.0.0.1', '-p', String(controlPort), 'status'])
    await expect(asked).rejects.toThrow()
    const { controlKey, keys, secondaries } = layout()
    for (const path of [controlKey, keys, secondaries]) {
      await expect(runProgram('setpriv', ['--reuid=65534', '--clear-groups', 'ls', `${path}/.`])).rejects.toThrow()
      await expect(runProgram('setpriv', ['--reuid=65534', '--clear-groups', 'cat', path])).rejects.toThrow()
    }
  })
})

describe('the name server', () => {
  it('is not root', async () => {
    const running = await readLivingProcess(layout().processFile)
    const status = await readFile(`/proc/${running?.pid}/status`, 'utf8')
    const [, uid] = /^Uid:\t(\d+)/m.exec(status) ?? []
    expect(uid).toBe((await runProgram('id', ['-u', 'bind'])).trim())
    expect(/^CapPrm:\t(.*)$/m.exec(status)?.[1]).toBe('0000000000000400')
  })

  it('comes back with all zones when it was killed', async () => {
    await server.zones.ensure('alice', plainZone('back.example'))
    const running = await readLivingProcess(layout().processFile)
    process.kill(running?.pid ?? expect.unreachable(), 'SIGKILL')
    await eventually('named is gone', async () => (await server.nameServer.observe()) === 'stopped')
    expect((await observed('back.example'))?.fault).toBe('is not answered by the name server')
    const before = await readFile(layout().zoneFile('back.example'), 'utf8')
    await server.nameServer.ensure()
    expect(await server.nameServer.observe()).toBe('running')
    expect((await observed('back.example'))?.fault).toBe('')
    expect((await observed('other.example'))?.fault).toBe('')
    expect(await readFile(layout().zoneFile('back.example'), 'utf8')).toBe(before)
  })

  it('moves to other ports with all zones when the Host says so', async () => {
    await server.zones.ensure('alice', plainZone('moved.example'))
    const pid = (await readLivingProcess(layout().processFile))?.pid
    const [port = 0, controlPort = 0] = await freePorts(2)
    const before = server.settings
    for (const changes of [{ controlPort }, { port, controlPort }, {}]) {
      const settings = { ...before, dns: { ...before.dns, ...changes } }
      const moved = openNameServer(settings)
      expect(await moved.nameServer.observe()).not.toBe('running')
      await moved.nameServer.ensure()
      expect(await moved.nameServer.observe()).toBe('running')
      await eventually('the zone is answered', async () => {
        const seen = await moved.zones.observe(['moved.example'])
        return seen.get('moved.example')?.fault === ''
      })
    }
    expect((await readLivingProcess(layout().processFile))?.pid).not.toBe(pid)
  })

  it('is given its zones anew when it has lost them', async () => {
    await server.zones.ensure('alice', plainZone('again.example'))
    await server.nameServer.stop()
    for (const file of await readdir(layout().work)) if (file.includes('nzd')) await rm(join(layout().work, file))
    await server.nameServer.ensure()
    expect((await observed('again.example'))?.fault).toBe('is not answered by the name server')
    await server.zones.ensure('alice', plainZone('again.example'))
    expect((await observed('again.example'))?.fault).toBe('')
  })
})
