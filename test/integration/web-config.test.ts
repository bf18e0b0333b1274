import { chown, symlink } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RoutedSite } from '../../src/plan/kind.ts'
import type { ResolvedSite } from '../../src/plan/resolved-account.ts'
import { phpSite, runtimeSite, staticSite } from '../fakes/accounts.ts'
import { eventually } from '../fixtures/eventually.ts'
import { BUILD_TIMEOUT_MS } from '../fixtures/image-engine.ts'
import { type Asked, startWebScene, WEB_SERVERS, type WebScene } from './web-scene.ts'

/** What ends a value, or begins something else, in one of the three configurations. */
const HOSTILE: readonly string[] = [
  'a"b',
  "a'b",
  'a"; return 200; "',
  'a; } server { listen 81; #',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of httpd and nginx
  '${PATH} ${palisade_dollar} $host $1 $',
  '%{HOSTNAME}e %t %% %',
  'expr=%{HTTP_HOST}',
  'early env=!x',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of httpd
  'back\\slash \\n \\" \\${PATH} \\',
  '<IfModule x> </VirtualHost>',
  '# comment',
  '$'.repeat(1_024),
  '"\\'.repeat(512),
]

const DOMAIN = 'files.example'
const RUN_TIMEOUT_MS = 120_000

let scene: WebScene

beforeAll(async () => {
  scene = await startWebScene('web-config')
  for (const recipe of [...WEB_SERVERS, 'php-8.2']) await scene.load(recipe)
}, BUILD_TIMEOUT_MS)
afterEach(() => scene.clear())
afterAll(() => scene.stop())

const headerOf = (answer: string, name: string): string | undefined =>
  new RegExp(`^${name}: *(.*?)\\r?$`, 'im').exec(answer)?.[1]
const bodyOf = (answer: string): string => answer.slice(answer.search(/\r?\n\r?\n/)).trim()
const parseAsked = (answer: string): Asked => JSON.parse(bodyOf(answer))
const files = (changes: Partial<ResolvedSite> = {}): RoutedSite => ({
  site: staticSite(DOMAIN, changes),
  upstream: { type: 'files' },
})

describe('apache', () => {
  it('follows a customer to the point where the fence is', async () => {
    const get = (path: string, ...options: string[]) => scene.get('apache', DOMAIN, path, ...options)
    const rules = [
      ...['Options +FollowSymLinks +Indexes', 'RewriteEngine On', 'RewriteRule ^pretty/(.*)$ page.html [L]'],
      ...['Header set X-Customer yes', 'IndexIgnore *', 'ErrorDocument 404 "lost"', 'ExpiresActive On'],
      ...['AddHandler cgi-script .sh', '<IfModule mod_php.c>', 'php_value x 1', '</IfModule>'],
      ...['<Files "closed.html">', 'Require all denied', '</Files>'],
    ]
    await scene.file(DOMAIN, 'public/.htaccess', `${rules.join('\n')}\n`)
    await scene.file(DOMAIN, 'public/page.html', 'page')
    await scene.file(DOMAIN, 'public/closed.html', 'closed')
    await scene.file(DOMAIN, 'public/run.sh', '#!/bin/sh')
    await scene.file(DOMAIN, 'public/empty/a.txt', 'a')
    await symlink('/etc/palisade/httpd.conf', `${scene.layout.sites}/${DOMAIN}/public/config.txt`)
    await scene.run(scene.webServer('apache', [files({ documentRoot: 'public' })]))
    const page = await get('/pretty/page')
    expect(bodyOf(page)).toBe('page')
    expect(headerOf(page, 'X-Customer')).toBe('yes')
    expect(await get('/closed.html')).toMatch(/^HTTP\/1.1 403/)
    expect(bodyOf(await get('/gone'))).toBe('lost')
    expect(bodyOf(await get('/run.sh'))).not.toBe('')
    expect(await get('/empty/')).toMatch(/^HTTP\/1.1 (403|404)/)
    expect(await get('/.htaccess')).toMatch(/^HTTP\/1.1 404/)
  })
})

describe.each(WEB_SERVERS)(
  '%s',
  (kind) => {
    const start = async (...sites: RoutedSite[]): Promise<void> => scene.run(scene.webServer(kind, sites))
    const get = (host: string, path: string, ...options: string[]) => scene.get(kind, host, path, ...options)
    const statusOf = async (host: string, path: string, ...options: string[]) =>
      Number((await get(host, path, ...options)).split(' ')[1])

    it('gives headers exactly as the spec has them', async () => {
      const headers = HOSTILE.map((value, index) => ({ name: `X-Hostile-${index}`, value }))
      await scene.file(DOMAIN, 'index.html', 'hello')
      await start(files({ headers }))
      const answer = await get(DOMAIN, '/')
      expect(bodyOf(answer)).toBe('hello')
      expect(headers.map(({ name }) => headerOf(answer, name))).toEqual(headers.map(({ value }) => value.trim()))
      expect(headerOf(await get(DOMAIN, '/missing'), 'X-Hostile-0')).toBe(HOSTILE[0])
    })

    it('redirects a whole path, whatever is in it, to exactly what the spec says', async () => {
      const targets = [
        "https://else.example/%20a?b='c'&d=%25[1]#x(2)*",
        '/new?x=1',
        'http://else.example',
        '/%7Bx%7D$1',
      ]
      const from = (index: number): string => `/from%20%22%5C;%24%7BPATH%7D.(${index})%25`
      const redirects = targets.map((to, index) => ({ from: from(index), to, status: 308 as const }))
      await start(files({ redirects }))
      for (const [index, target] of targets.entries()) {
        const answer = await get(DOMAIN, `${from(index)}?query=1`, '--header', 'X-Forwarded-Proto: https')
        expect(answer).toMatch(/^HTTP\/1.1 308/)
        const location = headerOf(answer, 'Location') ?? ''
        expect(new URL(location, `https://${DOMAIN}`).href).toBe(new URL(target, `https://${DOMAIN}`).href)
        expect(await statusOf(DOMAIN, `${from(index)}/more`)).toBe(404)
      }
    })

    it('gives PHP its environment exactly as the spec has it, and what the edge knows of the client', async () => {
      const environment = [...HOSTILE, 'ä€😀'.repeat(1_000)].map((value, index) => ({ name: `V${index}`, value }))
      const site = { ...phpSite('php.example', '8.2'), environment }
      const runtime = { ...scene.service('php', 'php-8.2'), entry: '', interface: 'wsgi' as const, ini: {} }
      await scene.file('php.example', 'index.php', '<?php echo json_encode($_SERVER);')
      await start(await scene.phpSite({ ...site, runtime }))
      const edge = ['--header', 'X-Forwarded-Proto: https', '--header', 'X-Forwarded-For: 203.0.113.9']
      const answer = await get('php.example', '/pretty/page?a=b', ...edge, '--header', 'Authorization: Bearer x')
      const server = JSON.parse(bodyOf(answer))
      for (const { name, value } of environment) expect([name, server[name]]).toEqual([name, value])
      expect(server).toMatchObject({
        HTTPS: 'on',
        REMOTE_ADDR: '203.0.113.9',
        REQUEST_URI: '/pretty/page?a=b',
        QUERY_STRING: 'a=b',
        SCRIPT_NAME: '/index.php',
        HTTP_AUTHORIZATION: 'Bearer x',
        HTTP_HOST: 'php.example',
      })
      expect(JSON.parse(bodyOf(await get('php.example', '/')))).not.toHaveProperty('HTTPS')
      expect(await statusOf('php.example', '/', '--data', 'x'.repeat(100))).toBe(200)
    })

    it('serves files of the site, and nothing that is hidden or belongs to somebody else', async () => {
      await scene.file(DOMAIN, 'public/index.html', 'hello')
      await scene.file(DOMAIN, 'public/dir/home.html', 'home')
      await scene.file(DOMAIN, 'public/a b.css', 'a {}')
      await scene.file(DOMAIN, 'public/.env', 'secret')
      await scene.file(DOMAIN, 'public/.git/config', 'secret')
      await scene.file(DOMAIN, 'public/.well-known/acme', 'token')
      const foreign = await scene.file(DOMAIN, 'public/foreign.txt', 'foreign')
      await chown(foreign, 4_712, 4_712)
      await symlink('foreign.txt', `${scene.layout.sites}/${DOMAIN}/public/link.txt`).catch(() => undefined)
      await start(files({ documentRoot: 'public', index: ['index.html', 'home.html'] }))
      expect(bodyOf(await get(DOMAIN, '/'))).toBe('hello')
      expect(bodyOf(await get(`www.${DOMAIN}`, '/dir/'))).toBe('home')
      expect(headerOf(await get(DOMAIN, '/a%20b.css'), 'Content-Type')).toBe('text/css')
      expect(bodyOf(await get(DOMAIN, '/.well-known/acme'))).toBe('token')
      for (const hidden of ['/.env', '/.git/config', '/dir/../.env', '/%2eenv', '/missing']) {
        expect([hidden, await statusOf(DOMAIN, hidden)]).toEqual([hidden, 404])
      }
      expect([403, 404]).toContain(await statusOf(DOMAIN, '/link.txt'))
      expect(bodyOf(await get(DOMAIN, '/foreign.txt'))).toBe('foreign')
      expect(await statusOf('stranger.example', '/')).toBe(404)
      expect(await statusOf(DOMAIN, '/.palisade/health')).toBe(404)
      const slash = await get(DOMAIN, '/dir?a=b', '--header', 'X-Forwarded-Proto: https')
      expect(slash).toMatch(/^HTTP\/1.1 301/)
      expect(new URL(headerOf(slash, 'Location') ?? '', `https://${DOMAIN}`).href).toBe(`https://${DOMAIN}/dir/?a=b`)
    })

    it('hands everything of an application over, as it came', async () => {
      const node = { ...runtimeSite('node.example', 'node', '22', 'a.js'), uploadBytes: 2_048 }
      await start(await scene.application(node))
      const path = '/a%2Fb/%C3%A4/../x%20y?q=%3F&r=a b'.replace(' ', '+')
      const edge = ['--header', 'X-Forwarded-Proto: https', '--header', 'X-Forwarded-For: 203.0.113.9']
      const asked = parseAsked(await get('node.example', path, ...edge))
      expect(asked.url).toBe(path)
      expect(asked.headers).toMatchObject({
        host: 'node.example',
        'x-real-ip': '203.0.113.9',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'node.example',
      })
      expect(parseAsked(await get('node.example', '/')).headers['x-forwarded-proto']).toBe('http')
      expect(await statusOf('node.example', '/', '--data', 'x'.repeat(2_000))).toBe(200)
      expect(await statusOf('node.example', '/', '--data', 'x'.repeat(3_000))).toBe(413)
      const chunked = ['--header', 'Transfer-Encoding: chunked', '--data']
      expect([411, 413]).toContain(await statusOf('node.example', '/', ...chunked, 'x'.repeat(60_000)))
    })

    it('serves files of a document root before the application, and passes WebSockets', async () => {
      const site = { ...runtimeSite('mixed.example', 'node', '22', 'a.js'), documentRoot: 'public' }
      await scene.file('mixed.example', 'public/style.css', 'a {}')
      await scene.file('mixed.example', 'public/dir/other.txt', 'other')
      await start(await scene.application(site))
      expect(bodyOf(await get('mixed.example', '/style.css'))).toBe('a {}')
      for (const path of ['/', '/dir', '/dir/', '/x%20y?a=b']) {
        expect(parseAsked(await get('mixed.example', path)).url).toBe(path)
      }
      expect(await statusOf('mixed.example', '/.env')).toBe(404)
      const socket = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x']
      const upgraded = await get(
        'mixed.example',
        '/socket',
        ...['--max-time', '2', '--http1.1'],
        ...socket.flatMap((header) => ['--header', header]),
      ).catch((error: unknown) => String(Object(error).stdout))
      expect(upgraded).toMatch(/^HTTP\/1.1 101/)
    })

    it('takes another configuration while it runs, and says when it has', async () => {
      await start(files())
      const changed = scene.webServer(kind, [files({ headers: [{ name: 'X-New', value: 'yes' }] })])
      const { reload } = changed.container
      if (reload === 'never' || reload.check === undefined) throw new Error('no reload')
      const { by, check } = reload
      expect(await scene.passes(kind, check)).toBe(false)
      await scene.write(changed)
      if ('signal' in by) await scene.docker('kill', '--signal', by.signal, kind)
      else await scene.exec(kind, ...by.command)
      await eventually('the new configuration is in force', () => scene.passes(kind, check))
      expect(headerOf(await get(DOMAIN, '/'), 'X-New')).toBe('yes')
    })
  },
  RUN_TIMEOUT_MS,
)
