import fc from 'fast-check'
import type {
  ResolvedAccount,
  ResolvedCache,
  ResolvedDatabase,
  ResolvedSite,
  ResolvedTool,
  ResolvedZone,
} from '../../src/plan/resolved-account.ts'
import { UNLIMITED } from '../../src/plan/resources.ts'
import { account, phpSite, runtimeSite, service, staticSite } from './accounts.ts'

const MEBIBYTE = 1024 * 1024

const mebibytes = (...sizes: readonly number[]): fc.Arbitrary<number> =>
  fc.constantFrom(...sizes).map((size) => size * MEBIBYTE)

/** Served as they were, or by a later version; see `removed-data.test.ts` for what is refused. */
const ENGINES: readonly (readonly [kind: string, version: string])[] = [
  ['mariadb', '10.11'],
  ['mysql', '8.0'],
  ['postgres', '17'],
]

const database = ([kind, version]: readonly [string, string]): fc.Arbitrary<ResolvedDatabase> =>
  fc
    .record({ memoryBytes: mebibytes(256, 512), names: fc.subarray(['shop', 'blog', 'wiki']) })
    .map(({ memoryBytes, names }) => ({
      ...service(kind, version),
      memoryBytes,
      schemas: names.map((name) => ({ name, owner: name })),
    }))

const databases: fc.Arbitrary<ResolvedDatabase[]> = fc
  .subarray([...ENGINES])
  .chain((engines) => fc.tuple(...engines.map(database)))

const caches: fc.Arbitrary<ResolvedCache[]> = fc
  .subarray(['redis', 'memcached'])
  .chain((kinds) =>
    fc.tuple(
      ...kinds.map((kind) => mebibytes(32, 64).map((memoryBytes) => ({ ...service(kind, '7.0'), memoryBytes }))),
    ),
  )

const runtimes: fc.Arbitrary<(domain: string) => ResolvedSite> = fc.constantFrom(
  (domain: string) => staticSite(domain),
  ...['7.4', '8.2', '8.4'].map((version) => (domain: string) => phpSite(domain, version)),
  ...['20.1.0', '22.1.0'].map((version) => (domain: string) => runtimeSite(domain, 'node', version, 'server.js')),
  ...['3.11', '3.13'].map((version) => (domain: string) => runtimeSite(domain, 'python', version, 'app:application')),
)

/** What code reaches is narrowed to what the account has. */
const sites: fc.Arbitrary<ResolvedSite[]> = fc.uniqueArray(
  fc
    .record({
      domain: fc.constantFrom('one.example', 'two.example', 'three.example', 'four.example'),
      runtime: runtimes,
      caches: fc.subarray(['memcached', 'redis']),
      memoryBytes: mebibytes(64, 256),
      headers: fc.subarray([{ name: 'X-One', value: 'one' }]),
    })
    .map(({ domain, runtime, ...changes }) => ({ ...runtime(domain), ...changes })),
  { selector: ({ domain }) => domain, maxLength: 4 },
)

const zones: fc.Arbitrary<ResolvedZone[]> = fc
  .record({
    names: fc.subarray(['one.example', 'two.example', 'elsewhere.example']),
    address: fc.constantFrom('198.51.100.1', '198.51.100.2'),
  })
  .map(({ names, address }) => names.map((name) => ({ name, records: [{ name: 'ns1', type: 'A', value: address }] })))

const toolsOf = (
  engines: readonly ResolvedDatabase[],
  { admins, fileManager }: { readonly admins: boolean; readonly fileManager: boolean },
): ResolvedTool[] => [
  ...engines
    .filter(({ kind }) => admins && kind !== 'postgres')
    .map(({ kind }) => ({ ...service('phpmyadmin', '5.2'), domain: `${kind}.admin.example`, subject: kind })),
  ...(fileManager ? [{ ...service('filemanager', '18'), domain: 'files.example', subject: '' }] : []),
]

const withoutStrangers = (site: ResolvedSite, known: readonly ResolvedCache[]): ResolvedSite => ({
  ...site,
  caches: site.runtime === 'static' ? [] : site.caches.filter((cache) => known.some(({ kind }) => kind === cache)),
})

/** Accounts called `alice` that have any part of what an account can have, so that each can follow upon any other. */
export const anyAccount: fc.Arbitrary<ResolvedAccount> = fc
  .record({
    cpuMillis: fc.constantFrom(500, 1_000, 2_000),
    memoryBytes: mebibytes(64, 512, 4_096),
    bandwidth: fc.record({ in: fc.constantFrom(UNLIMITED, 10_000_000), out: fc.constantFrom(UNLIMITED, 10_000_000) }),
    web: fc.constantFrom(service('nginx', '1.22'), service('apache', '2.4'), service('openresty', '1.22')),
    httpCache: fc.option(mebibytes(64, 256), { nil: undefined }),
    sites,
    databases,
    caches,
    tools: fc.record({ admins: fc.boolean(), fileManager: fc.boolean() }),
    runtime: fc.constantFrom('runc' as const, 'gvisor' as const),
    zones,
    removedData: fc.constantFrom('retain' as const, 'delete' as const),
  })
  .map(({ cpuMillis, memoryBytes, httpCache, tools, ...parts }) =>
    account('alice', {
      ...parts,
      limits: { cpuMillis, memoryBytes, pids: 256 },
      sites: parts.sites.map((site) => withoutStrangers(site, parts.caches)),
      tools: toolsOf(parts.databases, tools),
      ...(httpCache === undefined ? {} : { httpCache: { ...service('varnish', '7.1'), memoryBytes: httpCache } }),
    }),
  )
