import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccountStatus, ServiceStatus } from '../../src/control/account-status.ts'
import type { Condition } from '../../src/ports/store.ts'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { type Installation, installation } from '../fixtures/installation.ts'

const ACCOUNT = 'pk6fail'
const SITES = ['one.localhost', 'two.localhost']
const SETTLES_WITHIN_MS = 60_000
/** Three of the engine's own checks, 30 s apart and 5 s each. */
const GIVEN_UP_WITHIN_MS = 180_000

/** Reasons of events that tell how services fare. */
const TOLD = new Set(['CrashLoopBackOff', 'OutOfMemory', 'Unhealthy', 'ImageUnavailable', 'Recovered'])

const run = promisify(execFile)

const spec = (version: string): string => `apiVersion: palisade.dev/v1
kind: Account
metadata: { name: ${ACCOUNT} }
spec:
  limits: { cpu: "2", memory: 1Gi, pids: 1024 }
  web: { server: nginx }
  sites:
    - { domain: one.localhost, runtime: { php: "8.2" }, seed: site }
    - { domain: two.localhost, runtime: { php: "${version}" }, seed: site }
  databases:
    - { engine: mariadb, version: "10.11", schemas: [{ name: shop, owner: shop }] }
`

/** Nothing answers there, so the image can neither be pulled nor built. */
const CATALOG = `apiVersion: palisade.dev/v1
kind: Catalog
metadata: { name: unreachable }
spec:
  services:
    - kind: php
      versions:
        - { version: "8.9", image: "127.0.0.1:9/library/php:8.9-fpm" }
`

/** A page, and one that takes more memory than its container has. */
const PAGE = `<?php
if ($_SERVER['QUERY_STRING'] === 'hog') {
  ini_set('memory_limit', '-1');
  for ($all = []; ; ) $all[] = str_repeat('x', 1 << 20);
}
echo 'served';
`

/** What a service wrote last may differ from one start to the next; that it fails, how, and since when, does not. */
const withoutMessages = (status: unknown): unknown =>
  JSON.parse(
    JSON.stringify(status, (key, value: unknown) => (['message', 'restarts'].includes(key) ? undefined : value)),
  )

describe('a tenant of which one service fails', () => {
  let palisade: Installation
  let file: string

  const status = async (): Promise<AccountStatus['status']> =>
    JSON.parse(await readFile(join(palisade.paths.state, 'status/accounts', `${ACCOUNT}.json`), 'utf8')).status
  const service = async (name: string): Promise<ServiceStatus | undefined> =>
    (await status()).services.find((one) => one.name === name)
  const condition = async (type: string): Promise<Condition | undefined> =>
    (await status()).conditions.find((one) => one.type === type)
  const tells = (name: string, reason: string, withinMs = SETTLES_WITHIN_MS): Promise<void> =>
    eventually(`${name} is told as ${reason}`, async () => (await service(name))?.reason === reason, withinMs)
  const isReady = async (): Promise<boolean> => (await condition('Ready'))?.status === 'True'
  const recovers = (): Promise<void> => eventually('the account is ready again', isReady, SETTLES_WITHIN_MS)
  const page = async (host: string, query = ''): Promise<string> =>
    (await get(palisade.httpPort, host, `/${query}`)).body
  const docker = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await palisade.program('docker', '--context', ACCOUNT, ...args)
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${err}`)
    return out.trim()
  }
  const reasonsOf = async (name: string): Promise<string[]> => {
    const lines = (await readFile(join(palisade.paths.state, 'events.jsonl'), 'utf8')).trim().split('\n')
    return lines
      .map((line) => JSON.parse(line))
      .filter(({ reason, message }) => TOLD.has(reason) && String(message).startsWith(name))
      .map(({ reason }) => String(reason))
  }

  beforeAll(async () => {
    palisade = await installation({ instance: 'pk6', ipv4Pool: '10.107.0.0/24', uidBase: 1_056_000_000 })
    const specs = join(palisade.paths.specs, 'failing')
    file = join(specs, 'account.yaml')
    await mkdir(join(specs, 'site'), { recursive: true })
    await writeFile(join(specs, 'site', 'index.php'), PAGE)
    await writeFile(join(specs, 'catalog.yaml'), CATALOG)
    await writeFile(file, spec('8.2'))
    await palisade.start()
    const { code, err } = await palisade.cli('wait', ACCOUNT, '--for=Ready', '--timeout', '5m')
    expect(err + code).toMatch(/0$/)
  }, 400_000)

  afterAll(async () => {
    await palisade?.remove()
  }, 120_000)

  it('says what a database wrote that does not start, serves the sites meanwhile, and heals when it is repaired', async () => {
    const data = await docker(
      'inspect',
      '--format',
      '{{range .Mounts}}{{if eq .Destination "/var/lib/mysql"}}{{.Source}}{{end}}{{end}}',
      'mariadb',
    )
    const control = join(data, 'aria_log_control')
    const { uid, gid, mode } = await stat(control)
    await chown(control, 0, 0)
    await chmod(control, 0o600)
    await docker('kill', 'mariadb')
    await tells('mariadb', 'CrashLoopBackOff', 30_000)
    expect(await service('mariadb')).toMatchObject({
      state: 'restarting',
      message: expect.stringMatching(/^exit code 1 after \d+ restarts: .*(Aborting|Permission denied)/),
    })
    const message = expect.stringMatching(/^mariadb: CrashLoopBackOff: exit code 1/)
    expect(await condition('Ready')).toMatchObject({ status: 'False', reason: 'CrashLoopBackOff', message })
    expect(await condition('ServicesReady')).toMatchObject({ status: 'False', reason: 'CrashLoopBackOff', message })
    for (const site of SITES) expect(await page(site)).toBe('served')
    const told = withoutMessages(await status())
    const restarts = async () => Number(await docker('inspect', '--format', '{{.RestartCount}}', 'mariadb'))
    const before = await restarts()
    await eventually('it was started twice more', async () => (await restarts()) >= before + 2, SETTLES_WITHIN_MS)
    expect(withoutMessages(await status())).toEqual(told)
    const { out } = await palisade.cli('describe', ACCOUNT)
    expect(out).toMatch(/mariadb +restarting +none +CrashLoopBackOff/)
    const waiting = await palisade.cli('wait', ACCOUNT, '--timeout', '0')
    expect(waiting.err).toContain('mariadb: CrashLoopBackOff: exit code 1')
    await chown(control, uid, gid)
    await chmod(control, mode)
    await recovers()
    expect(await reasonsOf('mariadb')).toEqual(['CrashLoopBackOff', 'Recovered'])
  }, 240_000)

  it('tells of a script that the kernel ended at the limit of its service, which goes on', async () => {
    await page('one.localhost', '?hog')
    await tells('php-8.2', 'OutOfMemory')
    expect(await service('php-8.2')).toMatchObject({
      state: 'running',
      message: expect.stringMatching(/memory limit of \d+ MiB/),
    })
    expect(await isReady()).toBe(true)
    for (const site of SITES) expect(await page(site)).toBe('served')
    expect(await reasonsOf('php-8.2')).toEqual(['OutOfMemory'])
  }, 120_000)

  it('tells of an image that can not be had, and everything else serves', async () => {
    await writeFile(file, spec('8.9'))
    await tells('php-8.9', 'ImageUnavailable')
    expect(await condition('ServicesReady')).toMatchObject({ status: 'False', reason: 'ImageUnavailable' })
    for (const site of SITES) expect(await page(site)).toBe('served')
    await writeFile(file, spec('8.2'))
    await recovers()
  }, 180_000)

  it('tells of a web server that runs and does not answer, and that it serves again', async () => {
    const processes = (await docker('top', 'nginx', '-o', 'pid'))
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
    const signal = (name: string) => run('kill', ['-s', name, ...processes])
    await signal('STOP')
    try {
      await tells('nginx', 'Unhealthy', GIVEN_UP_WITHIN_MS)
      const message = expect.stringMatching(/^nginx: Unhealthy: the health check fails: .*(timed out|did not end)/)
      expect(await condition('Ready')).toMatchObject({ reason: 'Unhealthy', message })
    } finally {
      await signal('CONT')
    }
    await recovers()
    for (const site of SITES) expect(await page(site)).toBe('served')
    expect(await reasonsOf('nginx')).toEqual(['Unhealthy', 'Recovered'])
  }, 300_000)
})
