import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/fixtures/eventually.ts'
import { nodeHealthCheck } from './node-health.ts'
import { nodeListen } from './node-listen.ts'

const PORT = '3000'
const HTTP = "require('node:http').createServer((request, response) => response.end('served'))"

let directory: string
let socket: string
let running: ChildProcessWithoutNullStreams[]

const environment = () => ({ PATH: process.env.PATH, PORT, PALISADE_SOCKET: socket })

const run = async (code: string): Promise<ChildProcessWithoutNullStreams> => {
  const preload = join(directory, 'listen.cjs')
  const app = join(directory, 'app.cjs')
  await writeFile(preload, nodeListen)
  await writeFile(app, code)
  const child = spawn(process.execPath, ['--require', preload, app], { env: environment(), detached: true })
  running.push(child)
  return child
}

const ask = (path = '/'): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, path, agent: false }, (response) => resolve(text(response)))
    asked.on('error', reject).end()
  })

const listens = (): Promise<void> =>
  eventually('the socket answers', () =>
    ask().then(
      () => true,
      () => false,
    ),
  )

const ended = async (child: ChildProcessWithoutNullStreams): Promise<unknown> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode ?? child.signalCode
}

/** With all that it started, which outlives it otherwise. */
const endGroup = (pid: number | undefined): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-listen-'))
  socket = join(directory, 'app.sock')
  running = []
})

afterEach(async () => {
  for (const { pid } of running) endGroup(pid)
  await Promise.all(running.map(ended))
  await rm(directory, { recursive: true, force: true })
})

describe('the preload of Node.js', () => {
  it.each([
    ['text', `${HTTP}.listen(process.env.PORT)`],
    ['a number, host, backlog and callback', `${HTTP}.listen(3000, '0.0.0.0', 511, () => console.log('ready'))`],
    ['options', `${HTTP}.listen({ port: 3000, host: 'localhost' })`],
    [
      'options in a module',
      `import('node:http').then((http) => http.createServer((q, r) => r.end('served')).listen({ port: '3000' }))`,
    ],
    [
      'workers of a cluster',
      `const cluster = require('node:cluster')
       if (cluster.isPrimary) { cluster.fork(); cluster.fork() } else ${HTTP}.listen(3000)`,
    ],
    [
      'a process that its code starts',
      `process.argv[2] ? ${HTTP}.listen(3000) : require('node:child_process').fork(__filename, ['x'])`,
    ],
    [
      'a thread',
      `const threads = require('node:worker_threads')
       threads.isMainThread ? new threads.Worker(__filename) : ${HTTP}.listen(3000)`,
    ],
  ])('gives the socket to a server that listens by %s', async (_how, code) => {
    await run(code)
    await listens()
    expect(await ask()).toBe('served')
    expect(statSync(socket).mode & 0o666).toBe(0o666)
  })

  it('takes the place of a socket that a process left behind', async () => {
    const child = await run(`${HTTP}.listen(3000)`)
    await listens()
    child.kill('SIGKILL')
    await ended(child)
    expect(existsSync(socket)).toBe(true)
    await run(`${HTTP}.listen(3000)`)
    await listens()
  })

  it('looks like the port to the code', async () => {
    const child = await run(`
      const server = require('node:http').createServer((request, response) => response.end(request.socket.remoteAddress))
      server.listen(3000, '127.0.0.1', () => console.log(JSON.stringify(server.address())))`)
    const [line] = await once(child.stdout, 'data')
    expect(JSON.parse(String(line))).toEqual({ address: '127.0.0.1', family: 'IPv4', port: 3000 })
    expect(await ask()).toBe('127.0.0.1')
  })

  it('leaves other ports, and all but the first server, as they are', async () => {
    const child = await run(`
      const net = require('node:net')
      const address = (server, ...where) => new Promise((resolve) => server.listen(...where, () => resolve(server.address())))
      const first = net.createServer()
      address(first, 3000).then(() => Promise.all([
        address(net.createServer(), 0, '127.0.0.1'),
        address(net.createServer(), '${join(tmpdir(), `palisade-other-${process.pid}.sock`)}'),
      ])).then((all) => { console.log(JSON.stringify(all)); process.exit() })`)
    const [line] = await once(child.stdout, 'data')
    expect(JSON.parse(String(line))).toEqual([
      { address: '127.0.0.1', family: 'IPv4', port: expect.any(Number) },
      expect.stringContaining('palisade-other'),
    ])
  })

  it('gives the socket on when its server closes', async () => {
    const child = await run(`
      const http = require('node:http')
      const first = http.createServer()
      first.listen(3000, () => first.close(() => ${HTTP}.listen(3000, () => console.log('again'))))`)
    await once(child.stdout, 'data')
    expect(await ask()).toBe('served')
  })

  it('removes the socket at the end', async () => {
    const child = await run(`${HTTP}.listen(3000, () => process.exit(3))`)
    expect(await ended(child)).toBe(3)
    expect(existsSync(socket)).toBe(false)
  })
})

describe('SIGTERM', () => {
  const slow = `require('node:http').createServer((request, response) => {
    if (request.url === '/') return response.end('ready')
    process.stdout.write('asked')
    process.stdin.once('data', () => {
      process.stdin.destroy()
      response.end('answered')
    })
  })`

  const stopWhileAsked = async (code: string): Promise<{ answer: string; end: unknown }> => {
    const child = await run(code)
    await listens()
    const answer = ask('/slow')
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    await eventually('no one is let in', () =>
      ask().then(
        () => false,
        () => true,
      ),
    )
    child.stdin.write('go')
    return { answer: await answer, end: await ended(child) }
  }

  it('waits for the answers that are under way', async () => {
    expect(await stopWhileAsked(`${slow}.listen(3000)`)).toEqual({ answer: 'answered', end: 0 })
  })

  it('waits for those of the workers of a cluster', async () => {
    const code = `const cluster = require('node:cluster')
      if (cluster.isPrimary) cluster.fork(); else ${slow}.listen(3000)`
    expect(await stopWhileAsked(code)).toEqual({ answer: 'answered', end: 0 })
  })

  it('is left to code that wants it', async () => {
    const child = await run(`${HTTP}.listen(3000); process.once('SIGTERM', () => process.exit(7))`)
    await listens()
    child.kill('SIGTERM')
    expect(await ended(child)).toBe(7)
  })
})

describe('the health check of Node.js', () => {
  const check = async (path = '/'): Promise<{ code: unknown; out: string }> => {
    const script = join(directory, 'health.cjs')
    await writeFile(script, nodeHealthCheck)
    const child = spawn(process.execPath, [script, path, 'shop.example'], { env: environment() })
    running.push(child)
    const out = await text(child.stdout)
    return { code: await ended(child), out: out.trim() }
  }

  it.each([
    [200, 0],
    [302, 0],
    [404, 0],
    [500, 1],
    [503, 1],
  ])('of a site that answers with %i ends with %i', async (status, code) => {
    await run(`require('node:http').createServer((request, response) => {
      response.statusCode = request.headers.host === 'shop.example' && request.url === '/up' ? ${status} : 500
      response.end()
    }).listen(3000)`)
    await listens()
    expect((await check('/up')).code).toBe(code)
  })

  it('fails and says why when nothing listens', async () => {
    expect(await check()).toEqual({ code: 1, out: expect.stringContaining('nothing listens on PORT') })
  })

  it('fails when there is no answer', async () => {
    const silent = createServer(() => undefined).listen(socket)
    await once(silent, 'listening')
    const probe = connect(socket)
    expect(await check()).toEqual({ code: 1, out: '/ is not answered within 4 s' })
    probe.destroy()
    silent.close()
  }, 15_000)
})
