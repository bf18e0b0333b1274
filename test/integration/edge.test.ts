import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/drivers/clock.ts'
import { caddyLayout } from '../../src/drivers/edge/caddy-layout.ts'
import { type CaddyService, caddyService } from '../../src/drivers/edge/caddy-service.ts'
import { fileTable } from '../../src/drivers/edge/file-table.ts'
import { type EdgeEntry, renderEdgeEntry } from '../../src/plan/edge-entry.ts'
import type { HostSettings } from '../../src/plan/settings.ts'
import type { Edge } from '../../src/ports/host.ts'
import { testSettings } from '../fixtures/host-settings.ts'
import {
  type EchoServer,
  echoUpgraded,
  exchange,
  freePorts,
  getRaw,
  getTls,
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
let one: EchoServer
let two: EchoServer

/** When this is answered, what was asked before it has met the table. */
const laterRequest = async (): Promise<void> => {
  await edge.publish('later.example', one.address)
  await getRaw(settings.httpPort, 'later.example')
  await edge.withdraw('later.example')
}

const statusOf = async (host: string): Promise<number> => (await getRaw(settings.httpPort, host)).status

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-edge-'))
  await chmod(directory, 0o755)
  const [httpPort = 0, httpsPort = 0, askPort = 0] = await freePorts(3)
  settings = testSettings(directory, { httpPort, httpsPort, askPort })
  caddy = caddyService({ settings, clock: systemClock })
  edge = fileTable(settings)
  one = await startEchoServer('one')
  two = await startEchoServer('two')
  expect(await caddy.ensureRunning(never)).toBe('started')
})

afterAll(async () => {
  await caddy.stop(never)
  await one.close()
  await two.close()
  await rm(directory, { recursive: true, force: true })
})

describe('what an entry asks for', () => {
  const serve = { answer: 'serve', httpsOnly: false } as const
  const publish = (host: string, changes: Partial<EdgeEntry>) =>
    edge.publish(host, renderEdgeEntry({ upstream: one.address, ...serve, ...changes }))
  const ask = (host: string, path: string, method = 'GET') =>
    exchange(settings.httpPort, `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  const location = (head: string): string | undefined => /^location: (.*)$/im.exec(head)?.[1]?.trim()

  it('a suspended host gets a page, and no request reaches the tenant', async () => {
    await publish('off.example', { answer: 'suspended', httpsOnly: true })
    const asked = one.requests()
    const { status, head, body } = parseAnswer(await ask('off.example', '/'))
    expect([status, body.includes('suspended')]).toEqual([503, true])
    expect(head).toMatch(/^retry-after: 3600/im)
    expect(one.requests()).toBe(asked)
    await publish('off.example', {})
    expect(await statusOf('off.example')).toBe(200)
  })

  it.each([
    ['GET', '/a/b?c=d&e', 301],
    ['HEAD', '/', 301],
    ['POST', '/form', 308],
    ['GET', '//evil.example/%2e%2e', 301],
  ])('an alias leads %s %s to the domain', async (method, path, status) => {
    await publish('www.bare.example', { answer: { redirectTo: 'bare.example' } })
    const answer = parseAnswer(await ask('www.bare.example', path, method))
    expect([answer.status, location(answer.head)]).toEqual([status, `http://bare.example:${settings.httpPort}${path}`])
  })

  it('an alias of a site that is reached over HTTPS leads there at once', async () => {
    await publish('www.safe.example', { answer: { redirectTo: 'safe.example' }, httpsOnly: true })
    const { head } = parseAnswer(await ask('www.safe.example', '/x'))
    expect(location(head)).toBe(`https://safe.example:${settings.httpsPort}/x`)
  })

  it('HTTP leads to HTTPS, but for the challenges of certificates', async () => {
    await publish('only.example', { httpsOnly: true })
    const { status, head } = parseAnswer(await ask('ONLY.example.', '/p?q=1', 'POST'))
    expect([status, location(head)]).toEqual([308, `https://only.example:${settings.httpsPort}/p?q=1`])
    expect(parseAnswer(await ask('only.example', '/.well-known/acme-challenge/x')).status).toBe(200)
  })

  it.each([
    [{ maxAge: 60, includeSubdomains: false, preload: false }, 'max-age=60'],
    [{ maxAge: 60, includeSubdomains: true, preload: false }, 'max-age=60; includeSubDomains'],
    [{ maxAge: 60, includeSubdomains: true, preload: true }, 'max-age=60; includeSubDomains; preload'],
  ])('HSTS %j is said over HTTPS alone', async (hsts, header) => {
    await publish('strict.localhost', { hsts })
    const ca = await readFile(caddyLayout(settings).internalRoot, 'utf8')
    const { head } = await getTls(settings.httpsPort, 'strict.localhost', ca)
    expect(head.split('\r\n')).toContain(`strict-transport-security: ${header}`)
    expect(parseAnswer(await ask('strict.localhost', '/')).head).not.toMatch(/strict-transport/i)
  })

  it('what is no entry is no site', async () => {
    await mkdir(join(settings.runDirectory, 'edge', 'junk.example'))
    await writeFile(join(settings.runDirectory, 'edge', 'junk.example', `${one.address},https,to=x`), '')
    expect(await statusOf('junk.example')).toBe(404)
  })
})

describe('the edge over HTTP', () => {
  it('serves a host as soon as it stands in the table, and no longer', async () => {
    expect(await statusOf('life.example')).toBe(404)
    await edge.publish('life.example', one.address)
    expect(parseEcho(await getRaw(settings.httpPort, 'life.example')).name).toBe('one')
    await edge.withdraw('life.example')
    expect(await statusOf('life.example')).toBe(404)
  })

  it('moves a host between upstreams without a failed request', async () => {
    await edge.publish('move.example', one.address)
    let isMoving = true
    const seen = new Set<string>()
    let answered = 0
    const ask = async () => {
      while (isMoving) {
        const answer = await getRaw(settings.httpPort, 'move.example')
        const key = answer.status === 200 ? parseEcho(answer).name : answer.head
        seen.add(key)
        answered += 1
      }
    }
    const asking = [ask(), ask(), ask()]
    const deadline = Date.now() + 3_000
    for (let turn = 0; Date.now() < deadline; turn++) {
      await edge.publish('move.example', turn % 2 === 0 ? two.address : one.address)
      const before = answered
      while (answered === before) await new Promise((resolve) => setImmediate(resolve))
    }
    isMoving = false
    await Promise.all(asking)
    expect([...seen].sort()).toEqual(['one', 'two'])
    await edge.withdraw('move.example')
  })

  it('tells the upstream who asked, and for what', async () => {
    await edge.publish('heads.example', one.address)
    const answer = await getRaw(settings.httpPort, 'heads.example', [
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: other.example',
    ])
    const { url, headers } = parseEcho(answer)
    expect(url).toBe('/path?query=1')
    expect(headers).toMatchObject({
      host: 'heads.example',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'heads.example',
    })
    expect(headers).not.toHaveProperty('accept-encoding')
    await edge.withdraw('heads.example')
  })

  it('passes a connection that becomes a WebSocket', async () => {
    await edge.publish('socket.example', one.address)
    expect(await echoUpgraded(settings.httpPort, 'socket.example', 'ping')).toBe('ping')
    await edge.withdraw('socket.example')
  })

  it('says that a site is starting while its tenant does not answer', async () => {
    const [closed] = await freePorts(1)
    await edge.publish('down.example', `127.0.0.1:${closed}`)
    const answer = await getRaw(settings.httpPort, 'down.example')
    expect(answer.status).toBe(503)
    expect(answer.head).toMatch(/Retry-After: 5/i)
    expect(answer.body).toContain('starting up')
    expect(answer.body).not.toContain('127.0.0.1')
    await edge.withdraw('down.example')
  })

  it('waits for a tenant that is back within a moment', async () => {
    const short = await startEchoServer('short')
    await short.close()
    const port = Number(short.address.split(':')[1])
    await edge.publish('short.example', short.address)
    const answer = getRaw(settings.httpPort, 'short.example')
    const again = await startEchoServer('again', port)
    expect(parseEcho(await answer).name).toBe('again')
    await again.close()
    await edge.withdraw('short.example')
  })

  it('follows a host to another upstream when the former one is gone', async () => {
    const [closed] = await freePorts(1)
    await edge.publish('moved.example', `127.0.0.1:${closed}`)
    const asked = getRaw(settings.httpPort, 'moved.example')
    await laterRequest()
    await edge.publish('moved.example', one.address)
    expect(parseEcho(await asked).name).toBe('one')
    await edge.withdraw('moved.example')
  })

  it('says that nobody is there when a host leaves while it does not answer', async () => {
    const [closed] = await freePorts(1)
    await edge.publish('left.example', `127.0.0.1:${closed}`)
    const asked = getRaw(settings.httpPort, 'left.example')
    await laterRequest()
    await edge.withdraw('left.example')
    expect((await asked).status).toBe(404)
  })
})

describe('host names from strangers', () => {
  beforeAll(async () => {
    await edge.publish('a.example', one.address)
    // What a name must not lead to: beside the table, above it, below a host, and unfinished work in it.
    for (const path of ['run/other', 'run/edge/a.example/deep', 'run/edge/.hidden', 'run/edge/.+b.example']) {
      await mkdir(join(directory, path), { recursive: true })
      await writeFile(join(directory, path, two.address), '')
    }
    await writeFile(join(directory, 'run', two.address), '')
    await writeFile(join(directory, 'run', 'edge', two.address), '')
  })
  afterAll(async () => {
    await edge.withdraw('a.example')
  })

  it.each(['a.example', 'A.EXAMPLE', 'a.Example', 'a.example.', 'A.example.', 'a.example:80', 'A.example.:8080'])(
    'serves %s',
    async (host) => {
      const answer = await getRaw(settings.httpPort, host)
      expect(parseEcho(answer).name).toBe('one')
    },
  )

  const hostile = [
    '',
    '.',
    '..',
    '../other',
    '..%2fother',
    '%2e%2e',
    'a.example/deep',
    'a.example/../a.example',
    'a.example\\deep',
    '/a.example',
    'a.example/',
    './a.example',
    '*',
    '*.example',
    '?.example',
    '[a].example',
    '[!b].example',
    '{a,b}.example',
    '\\a.example',
    'a.example\0',
    'a.example\0.b',
    'a.example..',
    '.a.example',
    '.hidden',
    '.+b.example',
    'b.a.example',
    'example',
    'xa.example',
    'a.example.evil',
    'a.example@evil',
    'a.example:80:80',
    'a.example:x',
    'a.example, a.example',
    'a.example a.example',
    '{http.request.header.X}',
    '{env.HOME}',
    '$1',
    '[::1]',
    '[fe80::1%25a.example]',
    '\u00e4.example',
    '\u212a.example',
    `${'a'.repeat(10_000)}.example`,
    'a.'.repeat(5_000),
    '127.0.0.1:1',
  ]
  it.each(hostile.map((host) => [host.slice(0, 40), host]))('serves nothing to %j', async (_start, host) => {
    const answer = await getRaw(settings.httpPort, host, ['X: a.example'])
    expect([400, 404]).toContain(answer.status)
    expect(answer.body).not.toContain('"name"')
  })

  it('serves nothing to a request without a Host, or with two', async () => {
    expect(await exchange(settings.httpPort, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.[01] 404 /)
    const twice = 'GET / HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\nConnection: close\r\n\r\n'
    expect(await exchange(settings.httpPort, twice)).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('takes an entry that is no upstream for no destination', async () => {
    const host = 'wrong.example'
    for (const entry of ['localhost:80', '{env.HOME}:80', '127.0.0.1:80:80', '1.2.3.4']) {
      await mkdir(join(directory, 'run', 'edge', host), { recursive: true })
      await writeFile(join(directory, 'run', 'edge', host, entry), '')
      expect((await getRaw(settings.httpPort, host)).status, entry).toBe(404)
      await rm(join(directory, 'run', 'edge', host), { recursive: true })
    }
  })

  it('shows the same page to whoever asks for an unknown host', async () => {
    const answer = await getRaw(settings.httpPort, 'unknown.example')
    expect(answer.head).toMatch(/Content-Type: text\/html/i)
    expect(answer.body).toContain('There is no site here')
    expect(answer.body).not.toContain('unknown.example')
  })
})

describe('the edge over HTTPS', () => {
  const readCa = () => readFile(caddyLayout(settings).internalRoot, 'utf8')

  it.each(['x.localhost', 'deep.x.localhost', 'localhost'])('serves %s with the internal CA', async (host) => {
    await edge.publish(host, one.address)
    const ca = await readCa()
    expect(await handshake(settings.httpsPort, host, ca)).toBe(`DNS:${host}`)
    const echo = parseEcho(await getTls(settings.httpsPort, host, ca))
    expect(echo.name).toBe('one')
    expect(echo.headers['x-forwarded-proto']).toBe('https')
    await edge.withdraw(host)
  })

  it.each(['unknown.localhost', '..localhost', '*.localhost', 'unknown.example'])(
    'has no certificate for %s',
    async (host) => {
      await edge.publish('known.localhost', one.address)
      await expect(handshake(settings.httpsPort, host, await readCa())).rejects.toMatchObject({
        code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
      })
      await edge.withdraw('known.localhost')
    },
  )
})

describe('Caddy as a process', () => {
  it('is left alone while it runs as wanted', async () => {
    const before = await readFile(caddyLayout(settings).processFile, 'utf8')
    expect(await caddy.observe()).toBe('running')
    expect(await caddy.ensureRunning(never)).toBe('unchanged')
    expect(await readFile(caddyLayout(settings).processFile, 'utf8')).toBe(before)
  })

  it('keeps the entries over its restart', async () => {
    await edge.publish('stay.example', one.address)
    await caddy.stop(never)
    expect(await caddy.observe()).toBe('stopped')
    await expect(getRaw(settings.httpPort, 'stay.example')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await caddy.ensureRunning(never)).toBe('started')
    expect(await statusOf('stay.example')).toBe(200)
    await edge.withdraw('stay.example')
  })

  it('takes a changed configuration without a restart', async () => {
    await edge.publish('reload.example', one.address)
    const [httpPort = 0] = await freePorts(1)
    const changed = { ...settings, httpPort }
    const service = caddyService({ settings: changed, clock: systemClock })
    expect(await service.observe()).toBe('stale')
    expect(await service.ensureRunning(never)).toBe('reloaded')
    expect((await getRaw(httpPort, 'reload.example')).status).toBe(200)
    expect(await service.ensureRunning(never)).toBe('unchanged')
    expect(await caddy.ensureRunning(never)).toBe('reloaded')
    expect(await statusOf('reload.example')).toBe(200)
    await edge.withdraw('reload.example')
  })

  it('runs without root, and with no right but to bind low ports', async () => {
    const { pid } = JSON.parse(await readFile(caddyLayout(settings).processFile, 'utf8'))
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
    expect(status).toMatch(/^CapEff:\t0000000000000400$/m)
    expect(status).toMatch(/^CapBnd:\t0000000000000400$/m)
    expect(status).not.toMatch(/^Uid:\t0/m)
  })

  it('says why it does not start', async () => {
    const elsewhere = testSettings(join(directory, 'elsewhere'), {
      httpPort: settings.httpPort,
      httpsPort: settings.httpsPort,
      askPort: settings.askPort,
    })
    const service = caddyService({ settings: elsewhere, clock: systemClock })
    await expect(service.ensureRunning(never)).rejects.toThrow(new RegExp(`port ${settings.httpPort} is taken`, 'i'))
    expect(await service.observe()).toBe('stopped')
    expect(await statusOf('unknown.example')).toBe(404)
  })
})
