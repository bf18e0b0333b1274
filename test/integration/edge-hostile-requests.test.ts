import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/drivers/clock.ts'
import { caddyLayout } from '../../src/drivers/edge/caddy-layout.ts'
import { type CaddyService, caddyService } from '../../src/drivers/edge/caddy-service.ts'
import { fileTable } from '../../src/drivers/edge/file-table.ts'
import { renderEdgeEntry } from '../../src/plan/edge-entry.ts'
import type { HostSettings } from '../../src/plan/settings.ts'
import type { Edge } from '../../src/ports/host.ts'
import { testSettings } from '../fixtures/host-settings.ts'
import {
  type EchoServer,
  exchange,
  freePorts,
  handshake,
  parseAnswer,
  parseEcho,
  startEchoServer,
} from '../fixtures/http.ts'

const never = new AbortController().signal

let directory: string
let settings: HostSettings
let caddy: CaddyService
let edge: Edge
let echo: EchoServer
let ca: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-edge-hostile-'))
  await chmod(directory, 0o755)
  const [httpPort = 0, httpsPort = 0, askPort = 0] = await freePorts(3)
  settings = testSettings(directory, { httpPort, httpsPort, askPort })
  caddy = caddyService({ settings, clock: systemClock })
  edge = fileTable(settings)
  echo = await startEchoServer('echo')
  await caddy.ensureRunning(never)
  for (const host of ['a.example', 'a.localhost', 'b.localhost']) await edge.publish(host, echo.address)
  const answer = { redirectTo: 'a.example' }
  await edge.publish('www.a.example', renderEdgeEntry({ upstream: echo.address, answer, httpsOnly: false }))
  await handshake(settings.httpsPort, 'a.localhost', '').catch(() => undefined)
  ca = await readFile(caddyLayout(settings).internalRoot, 'utf8')
})

afterAll(async () => {
  await caddy.stop(never)
  await echo.close()
  await rm(directory, { recursive: true, force: true })
})

const send = async (lines: readonly string[], body = '') =>
  parseAnswer(await exchange(settings.httpPort, [...lines, 'Connection: close', '', body].join('\r\n')))

describe('a request target with a host of its own', () => {
  it('counts before the Host: RFC 9112, section 3.2.2', async () => {
    expect((await send(['GET http://nobody.example/ HTTP/1.1', 'Host: a.example'])).status).toBe(404)
    const { headers } = parseEcho(await send(['GET http://a.example/x HTTP/1.1', 'Host: nobody.example']))
    expect([headers.host, headers['x-forwarded-host']]).toEqual(['a.example', 'a.example'])
  })

  it.each(['http://../', 'http://*/', 'http://{env.HOME}/', 'http://a.example%2f..%2f/', 'http://[a-z].example/'])(
    '%s is nobody',
    async (target) => {
      expect([400, 404]).toContain((await send([`GET ${target} HTTP/1.1`, 'Host: a.example'])).status)
    },
  )
})

describe('requests whose length is told twice', () => {
  const inner = 'GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n'

  it.each([
    ['two lengths', ['Content-Length: 0', `Content-Length: ${inner.length}`]],
    ['a length with a sign', ['Content-Length: +5']],
    ['an unknown coding', ['Transfer-Encoding: xchunked']],
    ['a coding after chunked', ['Transfer-Encoding: chunked, identity']],
    ['two codings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity']],
    ['a coding with a tab', ['Transfer-Encoding:\tchunked\v']],
    ['a name with a space', ['Transfer-Encoding : chunked']],
  ])('%s are refused before the tenant hears of it', async (_, headers) => {
    const asked = echo.requests()
    const { status } = await send(['POST / HTTP/1.1', 'Host: a.example', ...headers], inner)
    expect([400, 501]).toContain(status)
    expect(echo.requests()).toBe(asked)
  })

  it('chunks go before a length, and one request stays one', async () => {
    const asked = echo.requests()
    const headers = ['Transfer-Encoding: chunked', `Content-Length: ${inner.length}`]
    const { status, body } = await send(['POST / HTTP/1.1', 'Host: a.example', ...headers], `0\r\n\r\n${inner}`)
    expect(body.match(/"name":"echo"/g) ?? []).toHaveLength(status === 200 ? 1 : 0)
    expect(echo.requests() - asked).toBeLessThanOrEqual(1)
  })
})

describe('paths, queries and headers', () => {
  const hostile = [
    '/{env.HOME}',
    '/{file./etc/shadow}',
    '/..%2f..%2fetc/shadow',
    '/?{http.vars.x}',
    '/%00',
    '/%0d%0aX:1',
  ]

  it.each(hostile)('%s reaches the tenant as it is', async (path) => {
    const { url } = parseEcho(await send([`GET ${path} HTTP/1.1`, 'Host: a.example']))
    // Go writes braces of a path in the only form that RFC 3986 has for them.
    expect(url.replaceAll('%7B', '{').replaceAll('%7D', '}')).toBe(path)
  })

  it.each([...hostile, '//evil.example', '/\\evil.example', '/@evil.example', '//evil.example/..%2f'])(
    '%s leads an alias to its own domain, and adds no header',
    async (path) => {
      const { status, head } = await send([`GET ${path} HTTP/1.1`, 'Host: www.a.example'])
      expect(status).toBe(301)
      const places = head.match(/^location: .*$/gim) ?? []
      expect(places).toHaveLength(1)
      expect(places[0]?.startsWith(`Location: http://a.example:${settings.httpPort}/`)).toBe(true)
      expect(head).not.toMatch(/^x:/im)
      expect(head).not.toContain('/root')
    },
  )
})

describe('HTTP/2 and TLS', () => {
  /** Status for what the pseudo-header names, over a connection made for a.localhost. */
  const ask = (authority: string): Promise<number | string> =>
    new Promise((resolve) => {
      const client = connectHttp2(`https://127.0.0.1:${settings.httpsPort}`, { ca, servername: 'a.localhost' })
      const end = (result: number | string) => {
        resolve(result)
        client.destroy()
      }
      client.on('error', () => end('closed'))
      const stream = client.request({ ':path': '/', ':authority': authority })
      stream.on('response', (headers) => end(headers[':status'] ?? 0))
      stream.on('error', () => end('reset'))
      stream.end()
    })

  it('an authority is looked up as any host', async () => {
    expect(await ask('a.localhost')).toBe(200)
    expect(await ask('A.localhost.')).toBe(200)
    expect(await ask('nobody.localhost')).toBe(404)
  })

  it.each([
    '../a.localhost',
    '*',
    '?.localhost',
    '[a-z].localhost',
    '{env.HOME}',
    '{a,b}.localhost',
    'x'.repeat(10_000),
    '',
  ])('the authority %j is nobody', async (authority) => {
    expect(['closed', 'reset', 400, 404, 431]).toContain(await ask(authority))
  })

  it.each(['*.localhost', '..localhost', '{env.HOME}.localhost', 'a.localhost/../b', 'x'.repeat(250)])(
    'there is no certificate for the name %j',
    async (name) => {
      await expect(handshake(settings.httpsPort, name, ca)).rejects.toThrow()
    },
  )
})
