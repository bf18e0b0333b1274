import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../fixtures/eventually.ts'
import { get } from '../fixtures/get.ts'
import { exchange } from '../fixtures/http.ts'
import { type Installation, installation } from '../fixtures/installation.ts'
import { type LoadResult, type Page, startLoad } from '../fixtures/load.ts'

const ACCOUNT = 'pk1web'
const STATIC = 'static.pk1.example'
const PHP = 'php.pk1.example'
const CONVERGES_WITHIN_MS = 120_000

const INDEX_PHP = `<?php
header('Cache-Control: max-age=0');
echo 'php for ', $_SERVER['REMOTE_ADDR'];
`
const PURGE_PHP = `<?php
header('Cache-Control: no-store');
$options = ['method' => 'PURGE', 'header' => 'Host: ' . $_GET['host'], 'ignore_errors' => true];
file_get_contents('http://varnish' . $_GET['path'], false, stream_context_create(['http' => $options]));
echo $http_response_header[0];
`

const PAGES: readonly Page[] = [
  { host: STATIC, path: '/', complaint: (body) => (body === 'files' ? undefined : body) },
  { host: PHP, path: '/', complaint: (body) => (body === 'php for 127.0.0.1' ? undefined : body) },
]

describe('the web server of an account', () => {
  let palisade: Installation

  const isSettled = async (): Promise<boolean> => (await palisade.cli('plan', ACCOUNT, '--exit-code')).code === 0
  const docker = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await palisade.program('docker', '--context', ACCOUNT, ...args)
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${err}`)
    return out.trim()
  }
  const services = async (): Promise<string[]> =>
    (await docker('ps', '--format', '{{.Label "palisade.dev/service"}}')).split('\n').sort()
  const write = async (path: string, content: string): Promise<void> => {
    const file = join(palisade.paths.specs, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  /** JSON is YAML. `value` is that of a header of the static site. */
  const apply = (web: object, value = 'first'): Promise<void> =>
    write(
      'account.yaml',
      JSON.stringify({
        apiVersion: 'palisade.dev/v1',
        kind: 'Account',
        metadata: { name: ACCOUNT },
        spec: {
          limits: { cpu: 2, memory: '1Gi', pids: 1_024 },
          web,
          sites: [
            { domain: STATIC, seed: 'static', headers: [{ name: 'X-Value', value }] },
            { domain: PHP, seed: 'php', runtime: { php: '8.2' } },
          ],
        },
      }),
    )
  const settled = (expected: readonly string[]): Promise<void> =>
    eventually(
      `${expected.join(', ')} alone run`,
      async () => (await isSettled()) && (await services()).join() === [...expected].sort().join(),
      CONVERGES_WITHIN_MS,
    )
  /** What requests meet while `change` is made. */
  const under = async (change: () => Promise<void>): Promise<LoadResult> => {
    const load = startLoad(palisade.httpPort, PAGES)
    try {
      await change()
    } catch (error) {
      await load.stop()
      throw error
    }
    return load.stop()
  }
  const page = (host: string, path = '/', headers: Record<string, string> = {}) =>
    get(palisade.httpPort, host, path, headers)

  beforeAll(async () => {
    palisade = await installation({ instance: 'pk1', ipv4Pool: '10.101.0.0/24', uidBase: 1_050_000_000 })
    await write('static/index.html', 'files')
    await write('php/index.php', INDEX_PHP)
    await write('php/purge.php', PURGE_PHP)
    await apply({ server: 'nginx' })
    await palisade.start()
    await settled(['nginx', 'php-8.2'])
  }, 300_000)

  afterAll(async () => {
    await palisade?.remove()
  })

  const changes: readonly [from: string, to: string, web: object, services: readonly string[]][] = [
    ['nginx', 'Apache', { server: 'apache' }, ['apache']],
    ['Apache', 'OpenResty', { server: 'openresty' }, ['openresty']],
    ['OpenResty', 'nginx', { server: 'nginx' }, ['nginx']],
    ['nginx', 'nginx with Varnish', { server: 'nginx', varnish: {} }, ['nginx', 'varnish']],
    ['nginx with Varnish', 'Apache with Varnish', { server: 'apache', varnish: {} }, ['apache', 'varnish']],
    ['Apache with Varnish', 'Apache', { server: 'apache' }, ['apache']],
    ['Apache', 'nginx', { server: 'nginx' }, ['nginx']],
  ]

  it.each(changes)(
    'changes from %s to %s, and its configuration, without a failed request',
    async (_from, _to, web, expected) => {
      const result = await under(async () => {
        await apply(web)
        await settled([...expected, 'php-8.2'])
        await apply(web, 'second')
        // A page that no cache has.
        const value = async () => (await page(STATIC, `/?${Math.random()}`)).headers['x-value']
        await eventually(
          'a reload brings the new header',
          async () => (await value()) === 'second',
          CONVERGES_WITHIN_MS,
        )
        await settled([...expected, 'php-8.2'])
      })
      expect(result.failures).toEqual([])
      expect(result.answered).toBeGreaterThan(100)
    },
  )

  it('is back before anybody notices when its container was removed by hand', async () => {
    const result = await under(async () => {
      await docker('rm', '--force', 'nginx')
      await settled(['nginx', 'php-8.2'])
    })
    expect(result.failures).toEqual([])
    expect(result.slowestMs).toBeLessThan(5_000)
  })

  it('serves from the cache, which the code of the tenant alone may purge', async () => {
    await apply({ server: 'nginx', varnish: {} })
    await settled(['nginx', 'php-8.2', 'varnish'])
    await eventually('a page is cached', async () => (await page(STATIC)).headers['x-cache'] === 'HIT')
    const purge = ['PURGE / HTTP/1.1', `Host: ${STATIC}`, 'Connection: close', '', ''].join('\r\n')
    expect(await exchange(palisade.httpPort, purge)).toMatch(/^HTTP\/1.1 405/)
    expect((await page(STATIC)).headers['x-cache']).toBe('HIT')
    const purged = await page(PHP, `/purge.php?host=${STATIC}:${palisade.httpPort}&path=/`)
    expect(purged.body).toContain('200 Purged')
    expect((await page(STATIC)).headers['x-cache']).toBe('MISS')
  })
})
