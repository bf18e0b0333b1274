import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { exchange, getRaw, parseAnswer } from '../fixtures/http.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ALICE = 'pl9alice'
const BOB = 'pl9bob'

describe('the edge of a whole installation', () => {
  let palisade: Installation

  const write = (name: string, sites: readonly object[], suspended = false): Promise<void> =>
    writeFile(
      join(palisade.paths.specs, `${name}.yaml`),
      JSON.stringify({
        apiVersion: 'palisade.dev/v1',
        kind: 'Account',
        metadata: { name },
        spec: { limits: { memory: '512Mi' }, suspended, sites: sites.map((site) => ({ seed: name, ...site })) },
      }),
    )
  const site = (name: string, more: object = {}) => ({ domain: `${name}.test`, ...more })
  const statusOf = async (host: string): Promise<number> => (await get(palisade.httpPort, host)).status
  const answers = (host: string, status: number): Promise<void> =>
    eventually(`${host} answers with ${status}`, async () => (await statusOf(host)) === status, 90_000)
  const table = (): string => join(palisade.paths.run, 'edge')
  const entryOf = (host: string): Promise<string[]> => readdir(join(table(), host)).catch(() => [])

  beforeAll(async () => {
    palisade = await installation({ instance: 'pl9', ipv4Pool: '10.118.0.0/16', uidBase: 1_068_000_000 })
    for (const name of [ALICE, BOB]) await palisade.seed(name, { 'index.html': name })
    await write(ALICE, [site('alice', { aliases: ['www.alice.test'], redirectAliases: true }), site('shop')])
    await write(BOB, [site('bob')])
    await palisade.start()
    await answers('alice.test', 200)
    await answers('bob.test', 200)
  })
  afterAll(() => palisade.remove())

  it('sends visitors of an alias to the domain', async () => {
    await eventually('the alias leads on', async () => (await statusOf('www.alice.test')) === 301, 90_000)
    const { head } = await getRaw(palisade.httpPort, 'www.alice.test')
    expect(head).toContain(`Location: http://alice.test:${palisade.httpPort}/path?query=1`)
  })

  it('suspends a site, then its account, and resumes both', async () => {
    await write(ALICE, [site('alice'), site('shop', { suspended: true })])
    await answers('shop.test', 503)
    expect((await get(palisade.httpPort, 'shop.test')).body).toContain('suspended')
    expect(await statusOf('alice.test')).toBe(200)
    await write(ALICE, [site('alice'), site('shop')], true)
    await answers('alice.test', 503)
    expect(await statusOf('bob.test')).toBe(200)
    await write(ALICE, [site('alice'), site('shop')])
    for (const host of ['alice.test', 'shop.test']) await answers(host, 200)
  })

  it('repairs what someone else did to entries', async () => {
    const alice = await entryOf('alice.test')
    const bob = await entryOf('bob.test')
    await rm(join(table(), 'alice.test'), { recursive: true })
    await writeFile(join(table(), 'bob.test', 'junk'), '')
    await eventually('both are as they were', async () => {
      return `${await entryOf('alice.test')} ${await entryOf('bob.test')}` === `${alice} ${bob}`
    })
  })

  it('rebuilds the table when all of it is gone', async () => {
    await rm(table(), { recursive: true })
    const started = performance.now()
    for (const host of ['alice.test', 'shop.test', 'bob.test']) await answers(host, 200)
    process.stdout.write(`the table stood again after ${Math.round(performance.now() - started)} ms\n`)
  })

  it('goes on serving while the daemon is stopped, killed in the middle of changes, and started again', async () => {
    let isAsking = true
    const failed = new Set<string>()
    const asking = (async () => {
      while (isAsking) {
        const request = 'GET / HTTP/1.1\r\nHost: bob.test\r\nConnection: close\r\n\r\n'
        const { status, head } = parseAnswer(await exchange(palisade.httpPort, request))
        if (status !== 200) failed.add(head)
      }
    })()
    const many = Array.from({ length: 20 }, (_, index) => site(`many${index}`))
    await write(ALICE, [site('alice'), ...many])
    await eventually('some of them are there', async () => (await entryOf('many0.test')).length > 0, 90_000)
    await palisade.stop('SIGKILL')
    await mkdir(join(table(), '.+half.test'), { recursive: true })
    await palisade.start()
    await answers('many19.test', 200)
    await palisade.stop()
    expect(await statusOf('alice.test')).toBe(200)
    await palisade.start()
    isAsking = false
    await asking
    expect([...failed]).toEqual([])
  })
})
