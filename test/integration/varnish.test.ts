import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RoutedSite } from '../../src/plan/kind.ts'
import { runtimeSite, staticSite } from '../fakes/accounts.ts'
import { eventually } from '../fixtures/eventually.ts'
import { BUILD_TIMEOUT_MS } from '../fixtures/image-engine.ts'
import { startWebScene, type WebScene } from './web-scene.ts'

const DOMAIN = 'cached.example'
const BACKEND = { container: 'nginx', address: '172.30.0.10', port: 80 }
const VARNISH = 'http://172.30.0.9'

let scene: WebScene
const site = (value: string, cacheControl = 'max-age=60'): RoutedSite => ({
  site: staticSite(DOMAIN, {
    headers: [
      { name: 'X-Value', value },
      { name: 'Cache-Control', value: cacheControl },
    ],
  }),
  upstream: { type: 'files' },
})
const at = (address: string) => ['--network', 'www', '--ip', address]

/** Asks Varnish from the web server's container. */
const askHost = (host: string, path: string, ...options: string[]): Promise<string> =>
  scene.exec(
    'client',
    ...['curl', '-sS', '--include', '--max-time', '20', '--header', `Host: ${host}`, ...options, VARNISH + path],
  )
const ask = (path: string, ...options: string[]): Promise<string> => askHost(DOMAIN, path, ...options)
const cacheOf = (answer: string): string | undefined => /^X-Cache: (.*?)\r?$/im.exec(answer)?.[1]
const purge = (path: string, ...options: string[]) => ask(path, '--request', 'PURGE', ...options)

beforeAll(async () => {
  scene = await startWebScene('varnish')
  for (const recipe of ['nginx', 'varnish']) await scene.load(recipe)
  await scene.docker('network', 'create', '--subnet', '172.30.0.0/24', 'www')
  await scene.file(DOMAIN, 'index.html', 'hello')
  await scene.file(DOMAIN, 'a/one.html', 'one')
  await scene.file(DOMAIN, 'a/two+(x).html', 'two')
  await scene.file(DOMAIN, 'a.html', 'three')
  await scene.file(DOMAIN, 'large.bin', 'x'.repeat(9_000_000))
  const application = await scene.application(runtimeSite('app.example', 'node', '22', 'a.js'))
  const frontends = ['172.30.0.9', '172.30.0.40']
  await scene.run(scene.webServer('nginx', [site('one'), application], frontends), at(BACKEND.address))
  await scene.run(scene.varnish(BACKEND), at('172.30.0.9'))
  const image = scene.service('nginx').image.name
  await scene.docker('run', '--detach', '--name', 'client', ...at('172.30.0.40'), image, 'sleep', 'infinity')
}, BUILD_TIMEOUT_MS)
afterAll(async () => {
  await scene.clear()
  await scene.stop()
})

describe('Varnish', () => {
  it('says whether a page comes from the cache, and keeps HTTP and HTTPS apart', async () => {
    const first = await ask('/')
    expect(first).toMatch(/^HTTP\/1.1 200/)
    expect(cacheOf(first)).toBe('MISS')
    const second = await ask('/')
    expect(cacheOf(second)).toBe('HIT')
    expect(second).toMatch(/^Age: \d+/m)
    expect(second).not.toMatch(/^(X-Palisade|Via|X-Varnish|Vary)/im)
    const https = ['--header', 'X-Forwarded-Proto: https']
    expect(cacheOf(await ask('/', ...https))).toBe('MISS')
    expect(cacheOf(await ask('/', ...https))).toBe('HIT')
  })

  it.each([
    ['a cookie', ['--header', 'Cookie: a=b']],
    ['a login', ['--user', 'a:b']],
    ['another method', ['--request', 'DELETE']],
  ])('asks the web server for who sends %s', async (_what, options) => {
    await ask('/')
    expect(cacheOf(await ask('/', ...options))).toBe('MISS')
  })

  it('passes WebSockets, and tells the application who asks', async () => {
    const edge = ['X-Forwarded-Proto: https', 'X-Forwarded-For: 203.0.113.9']
    const told = await askHost('app.example', '/asked', ...edge.flatMap((header) => ['--header', header]))
    expect(told).toContain('"x-forwarded-proto":"https"')
    expect(told).toContain('"x-forwarded-for":"203.0.113.9"')
    const socket = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x']
    const options = [...socket.flatMap((header) => ['--header', header]), '--max-time', '2']
    const upgraded = await askHost('app.example', '/socket', ...options).catch((error: unknown) =>
      String(Object(error).stdout),
    )
    expect(upgraded).toMatch(/^HTTP\/1.1 101/)
  })

  it('forgets one page, in every form, or all below a path', async () => {
    const pages = ['/a/one.html', '/a/two+(x).html', '/a.html']
    const https = ['--header', 'X-Forwarded-Proto: https']
    const caches = async (): Promise<(string | undefined)[]> => {
      const answers: string[] = []
      for (const page of pages) answers.push(await ask(page))
      return answers.map(cacheOf)
    }
    await ask('/a/one.html', ...https)
    await caches()
    expect(await caches()).toEqual(['HIT', 'HIT', 'HIT'])
    expect(await purge('/a/one.html')).toMatch(/^HTTP\/1.1 200/)
    expect(cacheOf(await ask('/a/one.html', ...https))).toBe('MISS')
    expect(await caches()).toEqual(['MISS', 'HIT', 'HIT'])
    expect(await purge('/a/', '--header', 'X-Purge-Mode: prefix')).toMatch(/^HTTP\/1.1 200/)
    expect(await caches()).toEqual(['MISS', 'MISS', 'HIT'])
    expect(await purge('/a/two+(', '--header', 'X-Purge-Mode: prefix')).toMatch(/^HTTP\/1.1 200/)
    expect(await caches()).toEqual(['HIT', 'MISS', 'HIT'])
    expect(await purge("/a'", '--header', 'X-Purge-Mode: prefix')).toMatch(/^HTTP\/1.1 400/)
  })

  it('hands large files through, and does not hold them', async () => {
    const sizes: number[] = []
    for (let turn = 0; turn < 3; turn++) sizes.push((await ask('/large.bin')).length)
    expect(Math.min(...sizes)).toBeGreaterThan(9_000_000)
    const counters: Record<string, { value: number }> = JSON.parse(
      await scene.exec('varnish', 'varnishstat', '-j', '-f', 'SMA.s0.g_bytes'),
    ).counters
    expect(counters['SMA.s0.g_bytes']?.value).toBeLessThan(1_000_000)
  })

  it('goes on with pages that it has while the web server is away', async () => {
    await scene.write(scene.webServer('nginx', [site('short', 'max-age=1')]))
    await scene.docker('kill', '--signal', 'HUP', 'nginx')
    let turn = 0
    const isNew = async (): Promise<boolean> => (await ask(`/?turn=${turn++}`)).includes('max-age=1\r')
    await eventually('new pages have the new header', isNew)
    await ask('/?stale')
    await scene.docker('stop', 'nginx')
    const isOld = async (): Promise<boolean> => {
      const answer = await ask('/?stale')
      expect(answer).toMatch(/^HTTP\/1.1 200/)
      expect(cacheOf(answer)).toBe('HIT')
      return Number(/^Age: (\d+)/m.exec(answer)?.[1]) > 15
    }
    await eventually('the page is old', isOld)
    expect(await ask('/?unknown')).toMatch(/^HTTP\/1.1 503/)
    await scene.docker('start', 'nginx')
    await eventually('a new page is served', async () => (await ask('/?new')).startsWith('HTTP/1.1 200'))
  })

  it('takes other VCL while it runs, says when it has, and drops the former', async () => {
    const changed = scene.varnish({ ...BACKEND, address: '172.30.0.12' })
    const { reload } = changed.container
    if (reload === 'never' || reload.check === undefined || 'signal' in reload.by) throw new Error('no reload')
    await ask('/')
    expect(await scene.passes('varnish', reload.check)).toBe(false)
    await scene.write(changed)
    for (let turn = 0; turn < 2; turn++) await scene.exec('varnish', ...reload.by.command)
    expect(await scene.passes('varnish', reload.check)).toBe(true)
    expect(await scene.exec('varnish', 'varnishadm', 'vcl.list')).toMatch(/active .* palisade-[0-9a-f]{16}/)
    expect(await scene.exec('varnish', 'varnishadm', 'vcl.list')).not.toMatch(/available .* boot/)
    expect(cacheOf(await ask('/'))).toBe('HIT')
  })
})
