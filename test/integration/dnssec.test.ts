import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bindLayout } from '../../src/drivers/bind/bind-layout.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { isLater } from '../../src/plan/zones/serial.ts'
import { eventually } from '../fixtures/eventually.ts'
import { type StartedNameServer, startNameServer } from '../fixtures/name-server.ts'
import { plainZone } from '../fixtures/plain-zone.ts'

const ZONE = 'signed.example'

let server: StartedNameServer
const observed = async () => (await server.zones.observe([ZONE])).get(ZONE)

beforeAll(async () => {
  server = await startNameServer()
  await server.zones.ensure('alice', plainZone(ZONE, '192.0.2.1', true))
})
afterAll(() => server.remove())

/** Asks as a resolver does that knows the zone's keys and nothing else. */
const validated = async (name: string): Promise<string> => {
  const key = (await server.dig('+short', ZONE, 'DNSKEY')).split('\n').find((line) => line.startsWith('257 '))
  const [, , , ...publicKey] = (key ?? '').split(' ')
  const anchors = join(server.settings.stateDirectory, 'anchors')
  await writeFile(anchors, `trust-anchors { "${ZONE}" static-key 257 3 13 "${publicKey.join('')}"; };\n`)
  const { port } = server.settings.dns
  return runProgram('delv', ['@127.0.0.1', '-p', String(port), '-a', anchors, `+root=${ZONE}`, name, 'A'])
}

describe('a signed zone', () => {
  it('shows the DS record that dnssec-dsfromkey makes of its key', async () => {
    const directory = bindLayout(server.settings).zoneDirectory(ZONE)
    const made: string[] = []
    for (const file of (await readdir(directory)).filter((name) => name.endsWith('.key'))) {
      const path = join(directory, file)
      if (!(await readFile(path, 'utf8')).includes(' DNSKEY 257 ')) continue
      made.push((await runProgram('dnssec-dsfromkey', ['-2', path])).trim().split(' IN DS ')[1] ?? '')
    }
    expect(made).toHaveLength(1)
    expect((await observed())?.delegationSigners).toEqual(made)
  })

  it('is believed by who has that key', async () => {
    await eventually('all is signed', async () => (await validated(`ns1.${ZONE}`)).includes('fully validated'))
    expect(await validated(`ns1.${ZONE}`)).toContain('192.0.2.1')
  })

  it('keeps its keys and raises its serial with a change', async () => {
    const before = await observed()
    await server.zones.ensure('alice', plainZone(ZONE, '192.0.2.2', true))
    const after = await observed()
    expect(after?.fault).toBe('')
    expect(after?.delegationSigners).toEqual(before?.delegationSigners)
    expect(isLater(after?.serial ?? 0, before?.serial ?? 0)).toBe(true)
    await eventually('the change is signed', async () => (await validated(`ns1.${ZONE}`)).includes('192.0.2.2'))
  })

  it('goes on when the key that signs its records is rolled over', async () => {
    const { controlKey, zoneDirectory } = bindLayout(server.settings)
    const keys = async () => (await readdir(zoneDirectory(ZONE))).filter((name) => name.endsWith('.key'))
    const before = await observed()
    const texts = await Promise.all(
      (await keys()).map(async (name) => [name, await readFile(join(zoneDirectory(ZONE), name), 'utf8')] as const),
    )
    const [file = ''] = texts.find(([, text]) => text.includes(' DNSKEY 256 ')) ?? []
    const tag = String(Number(/\+(\d+)\.key$/.exec(file)?.[1]))
    const port = String(server.settings.dns.controlPort)
    await runProgram('rndc', ['-k', controlKey, '-p', port, 'dnssec', '-rollover', '-key', tag, ZONE])
    await eventually('there is a successor', async () => (await keys()).length === 3)
    const after = await observed()
    expect(after?.fault).toBe('')
    expect(after?.delegationSigners).toEqual(before?.delegationSigners)
    expect(await validated(`ns1.${ZONE}`)).toContain('fully validated')
  })

  it('is left to BIND to unsign, and can be signed again', async () => {
    await server.zones.ensure('alice', plainZone(ZONE, '192.0.2.3'))
    expect(await observed()).toMatchObject({ fault: '', delegationSigners: [] })
    expect(await server.dig('+short', `ns1.${ZONE}`, 'A')).toBe('192.0.2.3')
    await server.zones.ensure('alice', plainZone(ZONE, '192.0.2.4', true))
    expect((await observed())?.delegationSigners).not.toEqual([])
    await eventually('all is signed again', async () => (await validated(`ns1.${ZONE}`)).includes('fully validated'))
  })

  it('leaves no key behind, and no server without zones', async () => {
    await server.zones.drop('alice', ZONE)
    expect(await observed()).toBeUndefined()
    expect(await readdir(bindLayout(server.settings).zones)).toEqual([])
    expect(await server.nameServer.observe()).toBe('unneeded')
  })
})
