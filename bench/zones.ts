import { promises as dns } from 'node:dns'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bindLayout } from '../src/drivers/bind/bind-layout.ts'
import { zoneClause } from '../src/drivers/bind/named-config.ts'
import { readLivingProcess } from '../src/drivers/edge/process-file.ts'
import { sha256 } from '../src/plan/digest.ts'
import type { HostSettings } from '../src/plan/settings.ts'
import { zoneFile } from '../src/plan/zones/desired-zone.ts'
import { eventually } from '../test/fixtures/eventually.ts'
import { LOCAL, type StartedNameServer, startNameServer } from '../test/fixtures/name-server.ts'
import { plainZone } from '../test/fixtures/plain-zone.ts'
import type { Result } from './result.ts'
import { median, percentile } from './statistics.ts'

const ROUNDS = 20
const SERIAL = 2_026_010_100
const ADDRESS = '192.0.2.1'
const NEW_ADDRESS = '192.0.2.2'
/** Many at once, without a wait for the disk at each. */
const FILES_AT_ONCE = 64

const fileOf = async (settings: HostSettings, name: string): Promise<string> => {
  const layout = bindLayout(settings)
  const zone = plainZone(name, ADDRESS)
  const text = zoneFile(zone, SERIAL)
  await mkdir(layout.zoneDirectory(name), { recursive: true })
  await writeFile(layout.zoneFile(name), text)
  const entry = { owner: 'bench', digest: zone.digest, fileDigest: sha256(text), serial: SERIAL, signing: 'never' }
  await writeFile(join(layout.ledger, `${name}.json`), JSON.stringify(entry))
  return `zone "${name}" ${zoneClause(settings, name, 'never')}\n`
}

/** Has named start with this many zones. It takes a list of them in a file as if they had been added one by one. */
const fill = async ({ settings, nameServer }: StartedNameServer, count: number): Promise<void> => {
  const layout = bindLayout(settings)
  for (const path of [layout.zones, layout.work]) await mkdir(path, { recursive: true, mode: 0o755 })
  await mkdir(layout.ledger, { recursive: true })
  const lines: string[] = []
  for (let from = 0; from < count; from += FILES_AT_ONCE) {
    const names = Array.from(
      { length: Math.min(FILES_AT_ONCE, count - from) },
      (_, at) => `z${from + at}.bench.example`,
    )
    lines.push(...(await Promise.all(names.map((name) => fileOf(settings, name)))))
  }
  await writeFile(join(layout.work, '_default.nzf'), lines.join(''))
  await nameServer.ensure()
}

/** Milliseconds from the call of `work` until the name has the address. */
const untilAnswered = async (
  resolver: dns.Resolver,
  name: string,
  address: string,
  work: () => Promise<void>,
): Promise<number> => {
  const started = performance.now()
  const done = work()
  const isAnswered = (): Promise<boolean> =>
    resolver.resolve4(name).then(
      (addresses) => addresses.includes(address),
      () => false,
    )
  while (!(await isAnswered())) await new Promise((resolve) => setTimeout(resolve, 1))
  const elapsed = performance.now() - started
  await done
  return elapsed
}

const residentMb = async ({ settings }: StartedNameServer): Promise<number> => {
  const running = await readLivingProcess(bindLayout(settings).processFile)
  const status = await readFile(`/proc/${running?.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** Named goes on loading when it answers already. */
const awaitFilled = async (server: StartedNameServer, count: number): Promise<void> => {
  const names = (await server.zones.list()).filter((_, index) => index % 100 === 0)
  await eventually(`${count} zones are loaded`, async () => {
    const seen = await server.zones.observe(names)
    return [...seen.values()].every(({ fault }) => fault === '')
  })
}

const measureAmong = async (count: number, signal: AbortSignal): Promise<readonly Result[]> => {
  const server = await startNameServer()
  try {
    await fill(server, count)
    await awaitFilled(server, count)
    const resolver = new dns.Resolver({ timeout: 1_000, tries: 1 })
    resolver.setServers([`${LOCAL}:${server.settings.dns.port}`])
    const added: number[] = []
    const changed: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      signal.throwIfAborted()
      const name = `new${round}.bench.example`
      const host = `ns1.${name}`
      const ensure = (address: string) => () => server.zones.ensure('bench', plainZone(name, address))
      added.push(await untilAnswered(resolver, host, ADDRESS, ensure(ADDRESS)))
      changed.push(await untilAnswered(resolver, host, NEW_ADDRESS, ensure(NEW_ADDRESS)))
    }
    const title = `among ${count.toLocaleString('en')} zones`
    const line = { id: 'z', unit: 'ms', kind: 'limit', goal: 100 } as const
    return [
      { ...line, title: `${title}: a new one answers`, value: median(added) },
      { id: 'z', unit: 'ms', title: `${title}: a new one, p95`, value: percentile(added, 0.95), kind: 'info' },
      { ...line, title: `${title}: a changed one answers`, value: median(changed) },
      { id: 'z', unit: 'MB', title: `${title}: memory of named`, value: await residentMb(server), kind: 'info' },
    ]
  } finally {
    await server.remove()
  }
}

/** (z): what one more zone costs among many, from the executor's call to the first right answer. */
export const measureZones = async (
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const results: Result[] = []
  for (const count of [1_000, 10_000]) {
    report(`(z) one more zone among ${count}`)
    results.push(...(await measureAmong(count, signal)))
  }
  return results
}
