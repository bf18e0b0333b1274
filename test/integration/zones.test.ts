import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ZoneStatus } from '../../src/control/account-status.ts'
import { bindLayout } from '../../src/drivers/bind/bind-layout.ts'
import { readLivingProcess } from '../../src/drivers/edge/process-file.ts'
import { eventually } from '../fixtures/eventually.ts'
import { freePorts } from '../fixtures/http.ts'
import { type Installation, installation } from '../fixtures/installation.ts'
import { digAt, LOCAL } from '../fixtures/name-server.ts'

const ALICE = 'pl3alice'
const BOB = 'pl3bob'
const ZONE = 'alice-zone.test'

interface WrittenRecord {
  readonly name: string
  readonly type: string
  readonly value: string
}

const MAIL: WrittenRecord = { name: '@', type: 'MX', value: '10 mail.elsewhere.test.' }

describe('zones of accounts', () => {
  let palisade: Installation
  let port = 0
  let controlPort = 0

  const file = (name: string): string => join(palisade.paths.specs, `${name}.yaml`)
  const write = (name: string, sites: readonly string[], zones: readonly object[]): Promise<void> =>
    writeFile(
      file(name),
      JSON.stringify({
        apiVersion: 'palisade.dev/v1',
        kind: 'Account',
        metadata: { name },
        spec: { limits: { memory: '512Mi' }, sites: sites.map((domain) => ({ domain })), zones },
      }),
    )
  const zone = (records: readonly WrittenRecord[], more: object = {}): object => ({ name: ZONE, records, ...more })
  const short = (...args: readonly string[]): Promise<string> => digAt(port, '+short', ...args)
  const answers = (answer: string, ...question: readonly string[]): Promise<void> =>
    eventually(
      `${question.join(' ')} is ${answer}`,
      // There may be no server yet.
      async () => (await short(...question).catch(() => 'nothing')) === answer,
    )
  const statusText = (name: string): Promise<string> =>
    readFile(join(palisade.paths.state, 'status', 'accounts', `${name}.json`), 'utf8').catch(() => '{}')
  const statusOf = async (name: string): Promise<ZoneStatus | undefined> =>
    JSON.parse(await statusText(name)).status?.zones[0]
  const tells = (name: string, word: string): Promise<void> =>
    eventually(`the status of ${name} tells ${word}`, async () => (await statusText(name)).includes(word))
  const settled = (name: string): Promise<void> =>
    eventually(`${name} is settled`, async () => (await palisade.cli('plan', name, '--exit-code')).code === 0)
  const named = () =>
    readLivingProcess(
      bindLayout({ stateDirectory: palisade.paths.state, runDirectory: palisade.paths.run }).processFile,
    )

  beforeAll(async () => {
    palisade = await installation({ instance: 'pl3', ipv4Pool: '10.112.0.0/16', uidBase: 1_062_000_000 })
    const ports = await freePorts(2)
    port = ports[0] ?? 0
    controlPort = ports[1] ?? 0
    const host = JSON.parse(await readFile(file('host'), 'utf8'))
    host.spec.dns = { listen: [LOCAL], port, controlPort, addresses: ['203.0.113.7', '2001:db8::7'] }
    await writeFile(file('host'), JSON.stringify(host))
    await palisade.start()
  })
  afterAll(() => palisade.remove())

  it('cost nothing where there are none', async () => {
    await write(ALICE, [ZONE], [])
    await settled(ALICE)
    expect(await named()).toBeUndefined()
    expect((await palisade.cli('get', 'host')).out).toMatch(/NameServerReady +True/)
  })

  it('have the records of the spec, and those of the sites', async () => {
    await write(ALICE, [ZONE], [zone([MAIL], { dnssec: true })])
    await answers('10 mail.elsewhere.test.', ZONE, 'MX')
    expect(await short(ZONE, 'A')).toBe('203.0.113.7')
    expect(await short(ZONE, 'AAAA')).toBe('2001:db8::7')
    expect(await short(ZONE, 'CAA')).toBe('0 issue "letsencrypt.org"')
    await settled(ALICE)
    const status = await statusOf(ALICE)
    expect(status).toMatchObject({ name: ZONE, served: true, secondaries: [] })
    expect(status?.ds).toEqual([expect.stringMatching(/^\d+ 13 2 [0-9A-F]{64}$/)])
    const described = (await palisade.cli('describe', ALICE)).out
    expect(described).toContain(status?.ds[0])
    expect(described).toContain(String(status?.serial))
  })

  it('follow a site that comes, and are left alone by a pass that has nothing to do', async () => {
    await write(ALICE, [ZONE, `new.${ZONE}`], [zone([MAIL], { dnssec: true })])
    await answers('203.0.113.7', `new.${ZONE}`, 'A')
    await settled(ALICE)
    const before = await statusOf(ALICE)
    const text = await readFile(
      bindLayout({ stateDirectory: palisade.paths.state, runDirectory: palisade.paths.run }).zoneFile(ZONE),
      'utf8',
    )
    await palisade.cli('reconcile', ALICE)
    await settled(ALICE)
    expect(await statusOf(ALICE)).toEqual(before)
    expect(text).toContain(`new.${ZONE}. 3600 IN A 203.0.113.7`)
  })

  it.each<[what: string, record: WrittenRecord, why: string]>([
    ['a line break', { name: 'x', type: 'TXT', value: 'a\n$INCLUDE /etc/shadow' }, 'control character'],
    ['a directive as a name', { name: '$INCLUDE', type: 'A', value: '192.0.2.1' }, 'records[0].name'],
    ['a directive as a target', { name: 'x', type: 'CNAME', value: '$GENERATE' }, 'records[0].value'],
    ['a parenthesis', { name: 'x', type: 'MX', value: '10 ( mail' }, 'parenthesis'],
    ['an open quotation mark', { name: 'x', type: 'TXT', value: '"open' }, 'quotation mark'],
    ['an escape', { name: 'x', type: 'CNAME', value: 'a\\046b.' }, 'backslash'],
    ['a label of 64', { name: 'a'.repeat(64), type: 'A', value: '192.0.2.1' }, 'records[0].name'],
    ['a name of 254', { name: `${'abcdefgh.'.repeat(26)}abcdef`, type: 'A', value: '192.0.2.1' }, 'too long'],
    ['an alias beside others', { name: 'ns1', type: 'CNAME', value: '@' }, 'ns1'],
  ])('go on as they were when the spec has %s', async (_what, record, why) => {
    const serial = (await statusOf(ALICE))?.serial
    await write(ALICE, [ZONE, `new.${ZONE}`], [zone([record])])
    await tells(ALICE, why)
    expect(await short(ZONE, 'MX')).toBe('10 mail.elsewhere.test.')
    expect((await statusOf(ALICE))?.serial).toBe(serial)
    await write(ALICE, [ZONE, `new.${ZONE}`], [zone([MAIL], { dnssec: true })])
    await settled(ALICE)
  })

  it('belong to whom they belong first, with all that is below', async () => {
    await write(BOB, [`www.${ZONE}`], [zone([]), { name: `sub.${ZONE}` }, { name: 'bob-zone.test' }])
    await answers('203.0.113.7', 'ns1.bob-zone.test', 'A')
    await tells(BOB, 'DomainConflict')
    expect(await short(ZONE, 'MX')).toBe('10 mail.elsewhere.test.')
    expect(await short(`ns1.sub.${ZONE}`, 'A')).toBe('')
  })

  it('are answered while the daemon is away, and found again as they were', async () => {
    await palisade.stop('SIGKILL')
    expect(await short(ZONE, 'MX')).toBe('10 mail.elsewhere.test.')
    const pid = (await named())?.pid
    await palisade.start()
    await settled(ALICE)
    expect((await named())?.pid).toBe(pid)
  })

  it('stay with the host when it is taken down, and come back with it', async () => {
    await palisade.stop()
    expect((await palisade.cli('down')).code).toBe(0)
    expect(await named()).toBeUndefined()
    await palisade.start()
    await answers('10 mail.elsewhere.test.', ZONE, 'MX')
    await settled(ALICE)
  })

  it('end with their account, and the server with the last of them', async () => {
    await rm(file(BOB))
    await answers('', 'ns1.bob-zone.test', 'A')
    await rm(file(ALICE))
    await eventually('named has ended', async () => (await named()) === undefined)
  })
})
