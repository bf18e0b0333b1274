import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'
import { steadyRequests } from '../fixtures/steady-requests.ts'

const ACCOUNT = 'plcalice'
const CONVERGES_WITHIN_MS = 90_000

interface Site {
  readonly domain: string
  readonly runtime?: { readonly php: string }
  readonly memory?: string
}

interface Wanted {
  readonly memory: string
  readonly sites: readonly Site[]
  readonly schemas: readonly string[]
}

const START: Wanted = {
  memory: '1Gi',
  sites: [
    { domain: 'one.test', runtime: { php: '8.2' } },
    { domain: 'two.test', runtime: { php: '8.2' } },
    { domain: 'files.test' },
  ],
  schemas: ['first'],
}

const accountOf = ({ memory, sites, schemas }: Wanted) => ({
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name: ACCOUNT },
  spec: {
    limits: { cpu: '2', memory, pids: 1024 },
    sites: sites.map((site) => ({ ...site, seed: 'site' })),
    databases: [{ engine: 'mariadb', schemas: schemas.map((name) => ({ name, owner: name })) }],
  },
})

describe('a change under constant requests', () => {
  let palisade: Installation
  let wanted = START

  const write = async (next: Wanted): Promise<void> => {
    wanted = next
    await writeFile(join(palisade.paths.specs, 'alice.yaml'), JSON.stringify(accountOf(next)))
  }
  const page = (host: string) => get(palisade.httpPort, host)
  const version = async (host: string): Promise<string> => (await page(host)).body
  const settled = (): Promise<void> =>
    eventually(
      'nothing is left to do',
      async () => (await palisade.cli('plan', ACCOUNT, '--exit-code')).code === 0,
      CONVERGES_WITHIN_MS,
    )

  /** Makes a change while every site that was there before is asked, and tells what of that failed. */
  const change = async (next: Wanted, done: () => Promise<boolean>): Promise<void> => {
    const before = new Set(wanted.sites.map(({ domain }) => domain))
    const asked = next.sites.filter(({ domain }) => before.has(domain)).map(({ domain }) => domain)
    const requests = asked.map((host) => ({ host, requests: steadyRequests(() => page(host), 2) }))
    await write(next)
    await eventually('the change is seen from outside', done, CONVERGES_WITHIN_MS)
    await settled()
    for (const { host, requests: steady } of requests) {
      const { answered, failures } = await steady.stop()
      expect([host, failures]).toEqual([host, []])
      expect(answered).toBeGreaterThan(10)
    }
  }

  beforeAll(async () => {
    palisade = await installation({ instance: 'plc', ipv4Pool: '10.109.0.0/24', uidBase: 1_043_000_000 })
    await palisade.seed('site', { 'index.php': '<?php echo PHP_VERSION;', 'index.html': 'a file' })
    await write(START)
    await palisade.start()
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '10m')
    expect(err + code).toMatch(/0$/)
  }, 900_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  it('adds a site', async () => {
    await change({ ...wanted, sites: [...wanted.sites, { domain: 'new.test', runtime: { php: '8.2' } }] }, async () =>
      /^8\.2/.test(await version('new.test')),
    )
  })

  it('gives one of the sites of a container another PHP version', async () => {
    const sites = wanted.sites.map((site) => (site.domain === 'two.test' ? { ...site, runtime: { php: '8.4' } } : site))
    await change({ ...wanted, sites }, async () => /^8\.4/.test(await version('two.test')))
    expect(await version('one.test')).toMatch(/^8\.2/)
  })

  it('removes a site', async () => {
    const sites = wanted.sites.filter(({ domain }) => domain !== 'new.test')
    await change({ ...wanted, sites }, async () => (await page('new.test')).status === 404)
  })

  it('raises the memory of the account and of one site', async () => {
    const sites = wanted.sites.map((site) => (site.domain === 'one.test' ? { ...site, memory: '512Mi' } : site))
    await change({ ...wanted, memory: '2Gi', sites }, async () => {
      const { out } = await palisade.cli('get', 'accounts', ACCOUNT, '--output', 'json')
      return out.includes(`"memoryBytes": ${2 * 2 ** 30}`)
    })
  })

  it('adds a schema', async () => {
    await change({ ...wanted, schemas: ['first', 'second'] }, async () => {
      const sql = 'show databases'
      const password = '--password=$(cat /run/secrets/root)'
      const asked = await palisade.program(
        ...(['docker', '--context', ACCOUNT, 'exec', 'mariadb', 'sh', '-c'] as const),
        `mariadb --user=root "${password}" --execute='${sql}'`,
      )
      return asked.out.includes('second')
    })
  })
})
