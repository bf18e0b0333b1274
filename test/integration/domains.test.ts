import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ALICE = 'pldalice'
const BOB = 'pldbob'

type Sites = Readonly<Record<typeof ALICE | typeof BOB, readonly string[]>>

describe('whose domain it is', () => {
  let palisade: Installation

  const account = (name: string, domains: readonly string[]) => ({
    apiVersion: 'palisade.dev/v1',
    kind: 'Account',
    metadata: { name },
    spec: { limits: { memory: '512Mi' }, sites: domains.map((domain) => ({ domain, seed: name })) },
  })
  /** Both accounts in one file: one change, as a commit is. */
  const write = (sites: Sites): Promise<void> =>
    writeFile(
      join(palisade.paths.specs, 'accounts.yaml'),
      Object.entries(sites)
        .map(([name, domains]) => JSON.stringify(account(name, domains)))
        .join('\n---\n'),
    )
  const assign = async (domain: string, to: string): Promise<void> => {
    const file = join(palisade.paths.specs, 'host.yaml')
    const host = JSON.parse(await readFile(file, 'utf8'))
    host.spec.domains = { assigned: [{ domain, account: to }] }
    await writeFile(file, JSON.stringify(host))
  }
  const serverOf = async (host: string): Promise<string> => (await get(palisade.httpPort, host)).body.trim()
  const isServedBy = (host: string, name: string): Promise<void> =>
    eventually(`${host} is served by ${name}`, async () => (await serverOf(host)) === name, 90_000)
  const statusOf = (name: string): Promise<string> =>
    readFile(join(palisade.paths.state, 'status', 'accounts', `${name}.json`), 'utf8').catch(() => '')

  beforeAll(async () => {
    palisade = await installation({ instance: 'pld', ipv4Pool: '10.117.0.0/16', uidBase: 1_067_000_000 })
    for (const name of [ALICE, BOB]) await palisade.seed(name, { 'index.html': name })
    await palisade.start()
  })
  afterAll(() => palisade.remove())

  it('leaves a domain and its subdomains with the account that had it, and does not tell whose it is', async () => {
    await write({ [ALICE]: ['x.test'], [BOB]: [] })
    await isServedBy('x.test', ALICE)
    await write({ [ALICE]: ['x.test'], [BOB]: ['x.test', 'shop.x.test', 'bob.test'] })
    await isServedBy('bob.test', BOB)
    await eventually('the conflict is told', async () => (await statusOf(BOB)).includes('DomainConflict'))
    expect((await statusOf(BOB)).toLowerCase()).not.toContain(ALICE)
    expect(await serverOf('x.test')).toBe(ALICE)
    expect((await get(palisade.httpPort, 'shop.x.test')).status).toBe(404)
  })

  it('moves a domain that one file loses and another gets in the same change', async () => {
    await write({ [ALICE]: ['alice.test'], [BOB]: ['x.test', 'shop.x.test', 'bob.test'] })
    await isServedBy('x.test', BOB)
    await isServedBy('shop.x.test', BOB)
    expect(await serverOf('alice.test')).toBe(ALICE)
  })

  it('moves a domain that the Host assigns while both ask for it', async () => {
    await write({ [ALICE]: ['alice.test', 'shop.x.test'], [BOB]: ['x.test', 'shop.x.test', 'bob.test'] })
    await eventually('the conflict is told', async () => (await statusOf(ALICE)).includes('DomainConflict'))
    await assign('shop.x.test', ALICE)
    await isServedBy('shop.x.test', ALICE)
    expect(await serverOf('x.test')).toBe(BOB)
  })

  it('says the same after a start of the daemon', async () => {
    await palisade.stop()
    await palisade.start()
    await eventually(
      'nothing is left to do',
      async () => (await palisade.cli('plan', ALICE, '--exit-code')).code === 0,
      60_000,
    )
    expect(await serverOf('x.test')).toBe(BOB)
    expect(await serverOf('shop.x.test')).toBe(ALICE)
  })
})
