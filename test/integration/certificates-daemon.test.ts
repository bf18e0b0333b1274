import { chmod, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'
import { type Pebble, startPebble } from '../fixtures/pebble.ts'

const HERE = '127.0.0.1'
const NAME = 'plaalice'

describe('certificates of an account', () => {
  let palisade: Installation
  let pebble: Pebble

  const write = (...sites: readonly object[]): Promise<void> =>
    writeFile(
      join(palisade.paths.specs, 'account.yaml'),
      JSON.stringify({
        apiVersion: 'palisade.dev/v1',
        kind: 'Account',
        metadata: { name: NAME },
        spec: { limits: { memory: '512Mi' }, sites },
      }),
    )
  const status = async () =>
    JSON.parse(await readFile(join(palisade.paths.state, 'status', 'accounts', `${NAME}.json`), 'utf8')).status
  const nameOf = async (host: string) =>
    (await status()).sites
      .flatMap(({ names }: { names: { host: string }[] }) => names)
      .find((one: { host: string }) => one.host === host)
  const isTold = (host: string, what: (told: Record<string, Record<string, unknown>>) => boolean): Promise<void> =>
    eventually(`what is told of ${host}`, async () => {
      const told = await nameOf(host).catch(() => undefined)
      return told !== undefined && what(told)
    })

  beforeAll(async () => {
    palisade = await installation({ instance: 'pla', ipv4Pool: '10.119.0.0/16', uidBase: 1_069_000_000 })
    const { httpPort, httpsPort } = palisade
    pebble = await startPebble({ httpPort, httpsPort, validSeconds: 30 * 24 * 3_600 })
    const { directoryUrl: directory, rootFile, resolver } = pebble
    await chmod(dirname(rootFile), 0o755)
    const file = join(palisade.paths.specs, 'host.yaml')
    const host = JSON.parse(await readFile(file, 'utf8'))
    host.spec.tls = { directory, rootFile, resolvers: [resolver] }
    host.spec.dns = { addresses: [HERE] }
    await writeFile(file, JSON.stringify(host))
    await palisade.start()
  })
  afterAll(async () => {
    await palisade.remove()
    await pebble.close()
  })

  it('come by themselves once the name leads here, and visitors are sent to HTTPS from then on', async () => {
    await write(
      { domain: 'first.example' },
      { domain: 'in.localhost' },
      { domain: 'own.example', tls: { mode: 'internal' } },
    )
    await isTold(
      'first.example',
      ({ certificate, dns }) => certificate?.reason === 'DnsNotHere' && dns?.resolves === false,
    )
    expect((await nameOf('first.example')).dns.missing).toEqual([`A ${HERE}`])
    expect((await palisade.cli('describe', NAME)).out).toContain(`missing A ${HERE}`)
    expect(pebble.orders()).toBe(0)
    expect((await get(palisade.httpPort, 'first.example')).status).toBe(200)
    await pebble.point('first.example', HERE)
    await palisade.cli('reconcile', NAME)
    await isTold('first.example', ({ certificate }) => certificate?.state === 'valid')
    await eventually('visitors are sent on', async () => (await get(palisade.httpPort, 'first.example')).status === 308)
    await isTold('in.localhost', ({ certificate }) => certificate?.state === 'valid')
    await isTold('own.example', ({ certificate }) => certificate?.state === 'valid')
    expect((await get(palisade.httpPort, 'in.localhost')).status).toBe(200)
  })

  it('are told of once, and asked for no more', async () => {
    const { conditions } = await status()
    expect(conditions.find(({ type }: { type: string }) => type === 'CertificatesReady')).toMatchObject({
      status: 'True',
    })
    const [orders, before] = [pebble.orders(), JSON.stringify(await status())]
    await palisade.stop()
    expect((await get(palisade.httpPort, 'first.example')).status).toBe(308)
    await palisade.start()
    await eventually('nothing is left to do', async () => (await palisade.cli('plan', NAME, '--exit-code')).code === 0)
    await palisade.cli('reconcile', NAME)
    expect(pebble.orders()).toBe(orders)
    expect(JSON.parse(JSON.stringify(await status())).sites).toEqual(JSON.parse(before).sites)
  })
})
