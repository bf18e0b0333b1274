import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/drivers/clock.ts'
import { caddyLayout } from '../src/drivers/edge/caddy-layout.ts'
import { caddyService } from '../src/drivers/edge/caddy-service.ts'
import { fileTable } from '../src/drivers/edge/file-table.ts'
import { readLivingProcess } from '../src/drivers/edge/process-file.ts'
import { runProgram } from '../src/drivers/host/program.ts'
import { hostLayout } from '../src/plan/settings.ts'
import { eventually } from '../test/fixtures/eventually.ts'
import { testSettings } from '../test/fixtures/host-settings.ts'
import { freePorts } from '../test/fixtures/http.ts'
import type { Result } from './result.ts'
import { median } from './statistics.ts'

const SIZES = [1_000, 10_000, 100_000]
/** One change of the peer takes more than ten seconds at 50,000. */
const LARGEST_PEER = 10_000
const ROUNDS = 15
const PEER_ROUNDS = 5
const FILES_AT_ONCE = 64
const WRK = ['--threads', '1', '--connections', '16', '--duration', '4s', '--latency']

const nameOf = (index: number): string => `s${index}.bench.example`

/** 0 for a connection that a server ended while it took up another configuration. */
const statusOf = (agent: Agent, port: number, host: string): Promise<number> =>
  new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, agent, headers: { Host: host } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    asked.on('error', () => resolve(0)).end()
  })

/** Milliseconds from the call of `change` until the host is answered. */
const untilAnswered = async (agent: Agent, port: number, host: string, change: () => Promise<unknown>) => {
  const started = performance.now()
  await change()
  while ((await statusOf(agent, port, host)) !== 200);
  return performance.now() - started
}

const medianOf = async (rounds: number, measure: (round: number) => Promise<number>): Promise<number> => {
  const taken: number[] = []
  for (let round = 0; round < rounds; round++) taken.push(await measure(round))
  return median(taken)
}

const residentMb = async (pid: number): Promise<number> =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const load = async (port: number, host: string, signal: AbortSignal) => {
  const told = await runProgram('wrk', [...WRK, '--header', `Host: ${host}`, `http://127.0.0.1:${port}/`], { signal })
  const [, p99 = '', unit = ''] = /99%\s+([0-9.]+)(us|ms|s)/.exec(told) ?? []
  const factor = unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1
  return { perSecond: Number(/Requests\/sec:\s+([0-9.]+)/.exec(told)?.[1]), p99: Number(p99) * factor }
}

const routeOf = (host: string, upstream: string) => ({
  match: [{ host: [host] }],
  handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: upstream }] }],
  terminal: true,
})

/** A Caddy with a route for each host in its configuration, and a page that all sites of either are led to. */
const startPeer = async (directory: string, count: number) => {
  const [port = 0, page = 0, admin = 0] = await freePorts(3)
  const upstream = `127.0.0.1:${page}`
  const server = (listen: number, routes: readonly object[]) => ({
    listen: [`127.0.0.1:${listen}`],
    automatic_https: { disable: true },
    routes,
  })
  const routes = Array.from({ length: count }, (_, index) => routeOf(nameOf(index), upstream))
  const body = [{ handle: [{ handler: 'static_response', body: 'x'.repeat(1_000) }] }]
  const file = join(directory, `peer-${count}.json`)
  const servers = { sites: server(port, routes), page: server(page, body) }
  const config = { admin: { listen: `127.0.0.1:${admin}`, config: { persist: false } }, apps: { http: { servers } } }
  await writeFile(file, JSON.stringify(config))
  const env = { ...process.env, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory }
  const child = spawn('caddy', ['run', '--config', file], { env, stdio: 'ignore' })
  await eventually('the peer answers', () =>
    fetch(`http://${upstream}/`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return {
    port,
    upstream,
    add: (host: string) =>
      fetch(`http://127.0.0.1:${admin}/config/apps/http/servers/sites/routes`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(routeOf(host, upstream)),
      }),
    async stop() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}

const fill = async (table: string, count: number, upstream: string): Promise<void> => {
  for (let from = 0; from < count; from += FILES_AT_ONCE) {
    const indexes = Array.from({ length: Math.min(FILES_AT_ONCE, count - from) }, (_, at) => from + at)
    await Promise.all(
      indexes.map(async (index) => {
        await mkdir(join(table, nameOf(index)), { recursive: true })
        await writeFile(join(table, nameOf(index), upstream), '')
      }),
    )
  }
}

const compareLoad = async (count: number, port: number, peer: number, signal: AbortSignal): Promise<Result[]> => {
  const site = nameOf(count - 1)
  const ours = await load(port, site, signal)
  const theirs = await load(peer, nameOf(0), signal)
  const line = { id: 'i', peerName: 'one static route' }
  return [
    {
      ...line,
      kind: 'atLeast',
      title: `${count} sites: requests`,
      unit: '/s',
      value: ours.perSecond,
      peer: theirs.perSecond,
      goal: 0.9,
    },
    { ...line, kind: 'info', title: `${count} sites: 99th percentile`, unit: 'ms', value: ours.p99, peer: theirs.p99 },
  ]
}

const measureAmong = async (count: number, signal: AbortSignal): Promise<readonly Result[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-bench-sites-'))
  await chmod(directory, 0o755)
  const [httpPort = 0, httpsPort = 0, askPort = 0] = await freePorts(3)
  const settings = testSettings(directory, { httpPort, httpsPort, askPort })
  const caddy = caddyService({ settings, clock: systemClock })
  const one = await startPeer(directory, 1)
  const peer = await startPeer(directory, Math.min(count, LARGEST_PEER))
  const agent = new Agent({ keepAlive: true })
  try {
    await fill(hostLayout(settings).edge, count, one.upstream)
    await caddy.ensureRunning(signal)
    const edge = fileTable(settings)
    const ours = await medianOf(ROUNDS, (round) => {
      const host = `new${round}.bench.example`
      return untilAnswered(agent, httpPort, host, () => edge.publish(host, one.upstream))
    })
    const title = `one more site among ${count}`
    const limit: Result = { id: 'i', kind: 'limit', title, unit: 'ms', value: ours, goal: 5 }
    const results: Result[] = [limit]
    if (count <= LARGEST_PEER) {
      const theirs = await medianOf(PEER_ROUNDS, (round) => {
        const host = `new${round}.bench.example`
        return untilAnswered(agent, peer.port, host, () => peer.add(host))
      })
      results.push({
        id: 'i',
        kind: 'info',
        title,
        unit: 'ms',
        value: ours,
        peer: theirs,
        peerName: 'a route by the admin API',
      })
    }
    results.push(...(await compareLoad(count, httpPort, one.port, signal)))
    const { pid = 0 } = (await readLivingProcess(caddyLayout(settings).processFile)) ?? {}
    results.push({
      id: 'i',
      kind: 'limit',
      title: `${count} sites: memory of Caddy`,
      unit: 'MB',
      value: await residentMb(pid),
      goal: 80,
    })
    return results
  } finally {
    agent.destroy()
    await caddy.stop(signal)
    await Promise.all([one.stop(), peer.stop()])
    await rm(directory, { recursive: true, force: true })
  }
}

/** (i): what one more site costs among many, against a route of its own in Caddy's configuration. */
export const measureSites = async (
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const results: Result[] = []
  for (const count of SIZES) {
    report(`${count} sites`)
    results.push(...(await measureAmong(count, signal)))
  }
  return results
}
