import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const PREFIX = 'plr'
const ACCOUNTS = ['plruser1', 'plruser2', 'plruser3']

interface Told {
  readonly runtime: string
  readonly version: string
  readonly database?: { readonly engine: string; readonly version: string; readonly visits: number } | null
  readonly cache?: { readonly engine: string; readonly visits: number } | null
}

describe('the three users of the reference', () => {
  let palisade: Installation

  const ask = (host: string) => get(palisade.httpPort, host)
  const told = async (host: string): Promise<Told> => {
    const { status, body } = await ask(host)
    if (status !== 200) throw new Error(`${host}: ${status} ${body.slice(0, 500)}`)
    return JSON.parse(body)
  }

  beforeAll(async () => {
    palisade = await installation({ instance: 'plr', ipv4Pool: '10.98.0.0/24', uidBase: 1_041_000_000 })
    await palisade.applyAll('reference', PREFIX)
    await palisade.start()
    for (const account of ACCOUNTS) {
      const { code, err } = await palisade.cli('wait', account, '--for=Ready', '--timeout', '15m')
      expect(err + code).toMatch(/0$/)
    }
  }, 1_800_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  it.each([
    ['site1.com', 'php', /^8\.4\./],
    ['www.site1.com', 'php', /^8\.4\./],
    ['site2.com', 'php', /^8\.2\./],
    ['legacy.com', 'php', /^7\.0\./],
    ['api.site.com', 'node', /^20\.1\./],
    ['main.site.com', 'php', /^7\.4\./],
    ['classic.com', 'php', /^7\.0\./],
    ['modern.com', 'php', /^8\.1\./],
    ['vintage.com', 'php', /^5\.6\./],
    ['api.modern.com', 'python', /^3\.11\./],
  ])('%s answers with %s of its version', async (host, runtime, version) => {
    const answer = await told(host)
    expect(answer.runtime).toBe(runtime)
    expect(answer.version).toMatch(version)
  })

  it.each([
    ['site1.com', 'mysql', /^[89]\./],
    ['site2.com', 'mysql', /^[89]\./],
    ['main.site.com', 'mariadb', /^10\.11\..*MariaDB/],
    ['api.modern.com', 'postgres', /^1[5-9]/],
  ])('%s writes to and reads from %s', async (host, engine, version) => {
    const first = await told(host)
    expect(first.database).toMatchObject({ engine, version: expect.stringMatching(version) })
    const second = await told(host)
    expect(second.database?.visits).toBeGreaterThan(first.database?.visits ?? Number.POSITIVE_INFINITY)
  })

  it('has a cache that one site asked for, and its neighbour did not', async () => {
    const first = await told('site2.com')
    expect((await told('site2.com')).cache?.visits).toBeGreaterThan(first.cache?.visits ?? Number.POSITIVE_INFINITY)
    expect((await told('site1.com')).cache).toBeNull()
  })

  it.each(['site1.com', 'classic.com'])('%s is asked by way of Varnish', async (host) => {
    expect((await ask(host)).headers['x-cache']).toBe('MISS')
  })

  it.each(['phpmyadmin.site1.com', 'phpmyadmin.site.com'])('%s asks for a login', async (host) => {
    await eventually(`${host} shows its login`, async () => (await ask(host)).body.includes('pma_username'), 30_000)
  })

  it.each(['files.site1.com', 'files.site.com', 'files.modern.com'])('%s is closed without a login', async (host) => {
    expect((await ask(host)).status).toBe(401)
  })

  it('keeps each account from the domains of another', async () => {
    const statuses = await palisade.cli('get', 'accounts', '--output', 'json')
    expect(statuses.out).not.toContain('DomainConflict')
  })
})
