import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bindLayout } from '../../src/drivers/bind/bind-layout.ts'
import { CATALOG } from '../../src/drivers/bind/catalog-names.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { eventually } from '../fixtures/eventually.ts'
import { freePorts } from '../fixtures/http.ts'
import { LOCAL, openNameServer, type StartedNameServer, startNameServer } from '../fixtures/name-server.ts'
import { plainZone } from '../fixtures/plain-zone.ts'
import { type Secondary, startSecondary } from '../fixtures/secondary.ts'

const KEY = 'ns2'

let server: StartedNameServer
let secondary: Secondary

const addressAt = (zone: string): Promise<string> => secondary.dig('+short', `ns1.${zone}`, 'A')
const secondaryOf = async (zone: string) => (await server.zones.observe([zone])).get(zone)?.secondaries
const inSync = (zone: string): Promise<void> =>
  eventually(`the secondary is in sync in ${zone}`, async () => (await secondaryOf(zone))?.[0]?.inSync === true)

beforeAll(async () => {
  const [port = 0] = await freePorts(1)
  const alone = await startNameServer()
  await alone.zones.ensure('alice', plainZone('first.example'))
  // The Host gets a secondary when there are zones already.
  const secondaries = [{ address: LOCAL, port, key: KEY, keyFile: '' }]
  const settings = { ...alone.settings, dns: { ...alone.settings.dns, secondaries } }
  server = { ...alone, ...openNameServer(settings), settings }
  expect(await server.nameServer.observe()).toBe('stale')
  await server.nameServer.ensure()
  expect(await server.nameServer.observe()).toBe('running')
  secondary = await startSecondary({
    port,
    primaryPort: server.settings.dns.port,
    key: KEY,
    keyFile: join(bindLayout(server.settings).secondaries, `${KEY}.key`),
  })
})
afterAll(async () => {
  await secondary.remove()
  await server.remove()
})

describe('a secondary', () => {
  it('picks up the zones that there are', async () => {
    await inSync('first.example')
    expect(await addressAt('first.example')).toBe('192.0.2.1')
  })

  it('picks up a new zone by itself, and each change of it', async () => {
    await server.zones.ensure('alice', plainZone('second.example'))
    await inSync('second.example')
    expect(await addressAt('second.example')).toBe('192.0.2.1')
    await server.zones.ensure('alice', plainZone('second.example', '192.0.2.2'))
    await inSync('second.example')
    expect(await addressAt('second.example')).toBe('192.0.2.2')
  })

  it('has the signatures of a signed zone', async () => {
    await server.zones.ensure('alice', plainZone('signed.example', '192.0.2.1', true))
    await inSync('signed.example')
    await eventually('it answers with a signature', async () =>
      (await secondary.dig('+dnssec', 'ns1.signed.example', 'A')).includes('RRSIG'),
    )
  })

  it('that is away shows as behind, and catches up', async () => {
    await secondary.stop()
    await server.zones.ensure('alice', plainZone('first.example', '192.0.2.3'))
    expect(await secondaryOf('first.example')).toEqual([{ address: LOCAL, inSync: false }])
    expect((await server.zones.observe(['first.example'])).get('first.example')?.fault).toBe('')
    await secondary.start()
    await server.zones.announce('first.example')
    await inSync('first.example')
    expect(await addressAt('first.example')).toBe('192.0.2.3')
  })

  it('lets go of a zone that is dropped', async () => {
    await server.zones.drop('alice', 'second.example')
    await eventually('the zone is gone', async () => (await addressAt('second.example')) === '')
    expect(await addressAt('first.example')).toBe('192.0.2.3')
  })

  it('finds a zone in the catalog again that somebody took out', async () => {
    const update = ['-k', bindLayout(server.settings).controlKey]
    const name = (await server.dig('AXFR', CATALOG, '-k', join(bindLayout(server.settings).secondaries, `${KEY}.key`)))
      .split('\n')
      .find((line) => line.endsWith('first.example.'))
      ?.split(/\s/)[0]
    const lines = [
      `server ${LOCAL} ${server.settings.dns.port}`,
      `zone ${CATALOG}.`,
      `update delete ${name} PTR`,
      'send',
    ]
    await runProgram('nsupdate', update, { input: `${lines.join('\n')}\n` })
    const seen = (await server.zones.observe(['first.example'])).get('first.example')
    expect(seen?.fault).toBe('is not in the catalog for secondaries')
    await server.zones.ensure('alice', plainZone('first.example', '192.0.2.3'))
    await inSync('first.example')
  })

  it('alone may copy zones, and the catalog, which nobody else sees', async () => {
    for (const zone of ['first.example', CATALOG]) expect(await server.dig(zone, 'AXFR')).toContain('Transfer failed')
    const key = join(bindLayout(server.settings).secondaries, `${KEY}.key`)
    expect(await server.dig('-k', key, 'first.example', 'AXFR')).toContain('192.0.2.3')
  })
})
