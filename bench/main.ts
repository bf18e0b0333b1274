import { cpus, loadavg, release } from 'node:os'
import { parseArgs } from 'node:util'
import { measureAttackedNeighbour } from './attacked-neighbour.ts'
import { measureColdStart } from './cold-start.ts'
import { prepareCompose } from './compose.ts'
import { ensureComposePlugin } from './compose-plugin.ts'
import { measureEditLatency } from './edit-latency.ts'
import { measureFences } from './fences.ts'
import { measureIdlePass } from './idle-pass.ts'
import { measureManyAccounts } from './many-accounts.ts'
import { measureReferenceUsers } from './reference-users.ts'
import { formatResults, type Result, resultsAsJson } from './result.ts'
import { measureSites } from './sites.ts'
import { withTenant } from './tenant.ts'
import { measureThrottle } from './throttle.ts'
import { measureZones } from './zones.ts'

const USAGE = `Usage: npm run bench [-- --json] [--only a,b,c,d,e,f,g,h,i,z]

Measures this machine against the goals in docs/benchmarks.md. Exits 0 also when a goal is missed.

  --json      machine-readable
  --only      measure these alone: a cold start, b pass over nothing to do, c 1,000 accounts, d edit to first change,
              e the reference's three users, f limits of bandwidth, g the fences' cost, h a neighbour under attack, i sites, z zones
`

const LEGEND = `
Compose starts a process each time, Palisade's pass runs inside a daemon. All lines are explained in docs/benchmarks.md.
`

/** Who else works on the machine makes numbers without a peer worse. */
const machine = (): string =>
  `${cpus().length} cores, Linux ${release()}, load average ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}\n`

const report = (message: string): void => void process.stderr.write(`bench: ${message}\n`)

const measureTenant = async (wanted: ReadonlySet<string>, signal: AbortSignal): Promise<readonly Result[]> => {
  if (!wanted.has('a') && !wanted.has('b')) return []
  const plugin = await ensureComposePlugin(signal)
  report('making a tenant')
  return withTenant({ checkout: process.cwd(), report, signal }, async (tenant) => {
    const up = await prepareCompose(tenant, plugin)
    const results: Result[] = []
    if (wanted.has('a')) {
      report('(a) cold starts')
      results.push(...(await measureColdStart(tenant, up, signal)))
    }
    if (wanted.has('b')) {
      report('(b) passes over nothing to do')
      results.push(await measureIdlePass(tenant, up, signal))
    }
    return results
  })
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help === true) {
    process.stdout.write(USAGE)
    return 0
  }
  const wanted = new Set((values.only ?? 'a,b,c,d,e,f,g,h,i,z').split(','))
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => interrupted.abort(new Error(`interrupted by ${name}`)))
  const { signal } = interrupted
  const results = [...(await measureTenant(wanted, signal))]
  if (wanted.has('c')) {
    report('(c) 1,000 accounts on a simulated host')
    results.push(...(await measureManyAccounts(signal)))
  }
  if (wanted.has('d')) {
    report('(d) edits')
    results.push(...(await measureEditLatency(signal)))
  }
  if (wanted.has('e')) {
    report("(e) the reference's three users")
    results.push(...(await measureReferenceUsers(process.cwd(), report, signal)))
  }
  if (wanted.has('f')) {
    report('(f) limits of bandwidth')
    results.push(...(await measureThrottle(signal)))
  }
  if (wanted.has('g')) {
    report("(g) the fences' cost")
    results.push(...(await measureFences(report, signal)))
  }
  if (wanted.has('h')) {
    report('(h) a neighbour under attack')
    results.push(...(await measureAttackedNeighbour(report, signal)))
  }
  if (wanted.has('i')) {
    report('(i) sites')
    results.push(...(await measureSites(report, signal)))
  }
  if (wanted.has('z')) {
    report('(z) zones')
    results.push(...(await measureZones(report, signal)))
  }
  process.stdout.write(values.json === true ? resultsAsJson(results) : `${formatResults(results)}${LEGEND}${machine()}`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  report(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
}
