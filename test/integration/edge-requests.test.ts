import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/drivers/clock.ts'
import { readAccessLog } from '../../src/drivers/edge/access-log.ts'
import { caddyLayout } from '../../src/drivers/edge/caddy-layout.ts'
import { type CaddyService, caddyService } from '../../src/drivers/edge/caddy-service.ts'
import { fileTable } from '../../src/drivers/edge/file-table.ts'
import type { HostSettings } from '../../src/plan/settings.ts'
import type { Edge } from '../../src/ports/host.ts'
import { eventually } from '../fixtures/eventually.ts'
import { testSettings } from '../fixtures/host-settings.ts'
import {
  type EchoServer,
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
const LARGEST = 100_000

const STUCK_SERVER = `
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () =>
    process.stdout.write(String(server.address().port), () =>
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)))`

let directory: string
let settings: HostSettings
let caddy: CaddyService
let edge: Edge
let echo: EchoServer

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-edge-requests-'))
  await chmod(directory, 0o755)
  const [httpPort = 0, httpsPort = 0, askPort = 0] = await freePorts(3)
  settings = testSettings(directory, { httpPort, httpsPort, askPort, maxRequestBodyBytes: LARGEST })
  caddy = caddyService({ settings, clock: systemClock })
  edge = fileTable(settings)
  echo = await startEchoServer('echo')
  await caddy.ensureRunning(never)
  await edge.publish('a.example', echo.address)
  await edge.publish('a.localhost', echo.address)
})

afterAll(async () => {
  await caddy.stop(never)
  await echo.close()
  await rm(directory, { recursive: true, force: true })
})

const ask = async (lines: readonly string[], body = '') =>
  parseAnswer(await exchange(settings.httpPort, [...lines, 'Connection: close', '', body].join('\r\n')))

const listenOn = async (handle: Parameters<typeof createServer>[1]) => {
  const server = createServer(handle)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on TCP')
  return { server, address: `127.0.0.1:${address.port}` }
}

describe('the page while a tenant is down', () => {
  it.each([
    ['HEAD', '*/*', 'text/html; charset=utf-8', /^$/],
    ['GET', 'text/html,application/json', 'text/html; charset=utf-8', /starting up/],
    ['GET', 'application/json', 'application/problem+json', /^\{"title":"This site is starting up"/],
    ['GET', 'application/vnd.api+json, */*', 'application/problem+json', /^\{/],
  ])('answers %s for %s with %s', async (method, accept, type, body) => {
    const [closed] = await freePorts(1)
    await edge.publish('down.example', `127.0.0.1:${closed}`)
    const answer = await ask([`${method} / HTTP/1.1`, 'Host: down.example', `Accept: ${accept}`])
    expect(answer.status).toBe(503)
    expect(answer.head).toContain(`Content-Type: ${type}`)
    expect(answer.head).toContain('Retry-After: 5')
    expect(answer.body).toMatch(body)
  })

  it('comes too when nobody takes the connection up', async () => {
    // It accepts nothing: what its queue has no room for, the kernel leaves without an answer.
    const busy = spawn(process.execPath, ['-e', STUCK_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [port] = await once(busy.stdout, 'data')
    const waiting = Array.from({ length: 4 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined))
    await once(waiting[0] ?? busy, 'connect')
    await edge.publish('silent.example', `127.0.0.1:${Number(port)}`)
    const started = performance.now()
    const answer = await getRaw(settings.httpPort, 'silent.example')
    const elapsed = performance.now() - started
    for (const socket of waiting) socket.destroy()
    busy.kill('SIGKILL')
    expect(elapsed).toBeGreaterThan(2_900)
    expect(answer.status).toBe(503)
    expect(answer.body).toContain('starting up')
  }, 60_000)
})

describe('the size of a request', () => {
  it('is bounded where it is told', async () => {
    const head = ['POST / HTTP/1.1', 'Host: a.example']
    expect((await ask([...head, `Content-Length: ${LARGEST}`], 'x'.repeat(LARGEST))).status).toBe(200)
    const answer = await ask([...head, `Content-Length: ${LARGEST + 1}`])
    expect([answer.status, answer.body.includes('too large')]).toEqual([413, true])
  })

  it('is bounded where it is not told before', async () => {
    const chunk = `${(10_000).toString(16)}\r\n${'x'.repeat(10_000)}\r\n`
    const head = ['POST / HTTP/1.1', 'Host: a.example', 'Transfer-Encoding: chunked']
    expect((await ask(head, `${chunk.repeat(9)}0\r\n\r\n`)).status).toBe(200)
    expect((await ask(head, `${chunk.repeat(11)}0\r\n\r\n`)).status).toBe(413)
  })
})

describe('whose word on the visitor counts', () => {
  const forwarded = async (value: string, port = settings.httpPort) =>
    parseEcho(await getRaw(port, 'a.example', [`X-Forwarded-For: ${value}`])).headers['x-forwarded-for']

  it('nobody is believed unless the Host says so', async () => {
    expect(await forwarded('203.0.113.9')).toBe('127.0.0.1')
  })

  it('a trusted proxy is', async () => {
    const trusting = caddyService({
      settings: { ...settings, trustedProxies: ['127.0.0.0/8'] },
      clock: systemClock,
    })
    expect(await trusting.ensureRunning(never)).toBe('reloaded')
    try {
      // What a stranger told the proxy stands before what the proxy saw itself.
      expect(await forwarded('198.51.100.1, 203.0.113.9')).toBe('198.51.100.1, 203.0.113.9')
      expect(await forwarded('203.0.113.9')).toBe('203.0.113.9')
      const plain = parseEcho(await getRaw(settings.httpPort, 'a.example'))
      expect(plain.headers['x-forwarded-for']).toBe('127.0.0.1')
    } finally {
      await caddy.ensureRunning(never)
    }
  })
})

describe('a changed configuration', () => {
  it('lets a request under way end', async () => {
    const tenant = new EventEmitter()
    const { server, address } = await listenOn((_, response) => tenant.emit('asked', response))
    const asked = once(tenant, 'asked')
    await edge.publish('late.example', address)
    const answer = getRaw(settings.httpPort, 'late.example')
    const [response] = await asked
    const changed = caddyService({ settings: { ...settings, maxRequestBodyBytes: LARGEST * 2 }, clock: systemClock })
    try {
      expect(await changed.ensureRunning(never)).toBe('reloaded')
      response.end('late')
      expect((await answer).body).toContain('late')
    } finally {
      await caddy.ensureRunning(never)
      server.close()
    }
  })
})

describe('the access log', () => {
  it('tells of each request whose tenant it was for, and keeps secrets out', async () => {
    const cookie = 'Cookie: session=verysecret'
    await ask(['GET /seen?x="} HTTP/1.1', 'Host: A.example.', cookie, 'Authorization: Basic verysecret', 'Referer: r'])
    await ask(['GET /nobody HTTP/1.1', 'Host: nobody.example'])
    const { accessLog } = caddyLayout(settings)
    const read = async (address: string) => {
      const lines = []
      const filter = { address, hosts: new Set(['a.example', 'nobody.example']), since: 0 }
      for await (const line of readAccessLog(accessLog, filter)) lines.push(line)
      return lines
    }
    await eventually('the request is in the log', async () =>
      (await read('127.0.0.1')).some(
        ({ uri, status, host }) => `${uri} ${status} ${host}` === '/seen?x="} 200 a.example',
      ),
    )
    expect((await read('127.0.0.1')).filter(({ uri }) => uri === '/nobody')).toEqual([])
    expect(await read('10.90.0.2')).toEqual([])
    expect(await readFile(accessLog, 'utf8')).not.toContain('verysecret')
    expect((await stat(dirname(accessLog))).mode & 0o077).toBe(0)
  })
})

describe('protocols', () => {
  it.each(['text/plain', 'text/event-stream'])('streams %s as a tenant writes it', async (type) => {
    const { server, address } = await listenOn((_, response) => {
      response.writeHead(200, { 'Content-Type': type })
      response.write('first')
    })
    await edge.publish('stream.example', address)
    const [response] = await once(
      request({ port: settings.httpPort, host: '127.0.0.1', headers: { Host: 'stream.example' } }).end(),
      'response',
    )
    const [chunk] = await once(response, 'data')
    expect(String(chunk)).toBe('first')
    response.destroy()
    server.closeAllConnections()
    server.close()
  })

  it('tells of HTTP/3, and answers to QUIC', async () => {
    const ca = await readFile(caddyLayout(settings).internalRoot, 'utf8').catch(() => '')
    const { head } = await getTls(settings.httpsPort, 'a.localhost', ca)
    expect(head).toContain(`alt-svc: h3=":${settings.httpsPort}"`)
    // A long header of a version that nobody speaks: RFC 8999, sections 5.1 and 6.
    const asked = Buffer.concat([Buffer.from([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8]), Buffer.alloc(1_250, 1)])
    const socket = createSocket('udp4')
    socket.send(asked, settings.httpsPort, '127.0.0.1')
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(10_000) })
    socket.close()
    expect(answer.readUInt32BE(1)).toBe(0)
    // QUIC version 1 is among those that it speaks.
    expect(answer.toString('hex')).toContain('00000001')
  })
})

/** Chunks of a socket or a stream, as they come. */
const heard = (stream: NodeJS.ReadableStream) => {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return { text: () => text }
}

const openSocket = async (host: string): Promise<Socket> => {
  const socket = connect(settings.httpPort, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toContain('101 Switching Protocols')
  return socket
}

describe('changes of other sites', () => {
  it('close no WebSocket and no stream of HTTP/2 in a thousand', async () => {
    const { server, address } = await listenOn((asked, response) => {
      response.writeHead(200).flushHeaders()
      asked.pipe(response)
    })
    await edge.publish('held.localhost', address)
    const ca = await readFile(caddyLayout(settings).internalRoot, 'utf8')
    await handshake(settings.httpsPort, 'held.localhost', ca)
    const client = connectHttp2(`https://held.localhost:${settings.httpsPort}`, {
      ca,
      lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    })
    const stream = client.request({ ':method': 'POST' }, { endStream: false })
    const [headers] = await once(stream, 'response')
    expect(headers[':status']).toBe(200)
    const socket = await openSocket('a.example')
    const [fromSocket, fromStream] = [heard(socket), heard(stream)]
    for (let turn = 0; turn < 1_000; turn++) {
      const host = `other${turn % 10}.example`
      if (turn % 3 === 2) await edge.withdraw(host)
      else await edge.publish(host, turn % 2 === 0 ? echo.address : address)
    }
    socket.write('still here')
    stream.write('still here')
    await eventually(
      'both answer',
      async () => fromSocket.text() === 'still here' && fromStream.text() === 'still here',
    )
    socket.destroy()
    stream.close()
    client.destroy()
    server.closeAllConnections()
    server.close()
  }, 60_000)
})
