import type { AccountSite, AccountSiteRuntime } from '../api/generated/account.ts'
import { parseBytes, parseDuration } from '../api/quantity.ts'
import type { CatalogLookup } from './catalog-lookup.ts'
import type { Kinds } from './kind.ts'
import { wholePages } from './pages.ts'
import type { ResolvedJob, ResolvedRuntime, ResolvedSite, ResolvedTls } from './resolved-account.ts'

interface SiteInput {
  readonly specDirectory: string
  readonly kinds: Kinds
  readonly lookup: CatalogLookup
  /** The site's place in the account's spec. */
  readonly path: (string | number)[]
}

const RUNTIMES = ['php', 'node', 'python'] as const

/** What a spec that was checked names exactly one of. */
const wanted = (runtime: AccountSiteRuntime): { readonly kind: string; readonly version: string } => {
  for (const kind of RUNTIMES) {
    const version = runtime[kind]
    if (version !== undefined) return { kind, version }
  }
  throw new Error('a runtime without a version')
}

const resolveRuntime = (runtime: AccountSiteRuntime, { lookup, kinds, path }: SiteInput): ResolvedRuntime => {
  const { kind, version } = wanted(runtime)
  return {
    ...lookup.service(kind, kinds.runtimes, version, [...path, 'runtime', kind]),
    entry: runtime.entry ?? '',
    interface: runtime.interface ?? 'wsgi',
    ini: { ...runtime.ini },
  }
}

const usualIndex = (runtime: ResolvedSite['runtime']): string[] =>
  runtime !== 'static' && runtime.kind === 'php' ? ['index.php', 'index.html'] : ['index.html']

const resolveJobs = ({ cron }: AccountSite): ResolvedJob[] =>
  cron.map(({ name, schedule, timeZone, command, timeout }) => {
    const [program, ...rest] = command
    if (program === undefined) throw new Error('a job without a command')
    return { name, schedule, timeZone, command: [program, ...rest], timeoutMs: parseDuration(timeout) }
  })

const resolveTls = ({ tls }: AccountSite, { specDirectory }: SiteInput): ResolvedTls => {
  const { mode = 'default', certificate, redirect, hsts } = tls
  const file = (name: string): string => (name.startsWith('/') ? name : `${specDirectory}/${name}`)
  return {
    mode,
    ...(certificate && { certificate: { chain: file(certificate.chain), key: file(certificate.key) } }),
    ...(redirect === undefined ? {} : { redirect }),
    ...(hsts && { hsts }),
  }
}

export const resolveSite = (site: AccountSite, input: SiteInput): ResolvedSite => {
  const runtime = site.runtime === undefined ? 'static' : resolveRuntime(site.runtime, input)
  return {
    domain: site.domain,
    aliases: site.aliases,
    redirectAliases: site.redirectAliases,
    suspended: site.suspended,
    tls: resolveTls(site, input),
    documentRoot: site.documentRoot ?? '',
    runtime,
    memoryBytes: wholePages(parseBytes(site.memory)),
    index: site.index ?? usualIndex(runtime),
    uploadBytes: parseBytes(site.uploadSize),
    redirects: site.redirects,
    headers: site.headers,
    environment: site.environment,
    caches: [...site.caches].sort(),
    healthPath: site.healthPath,
    jobs: resolveJobs(site),
    ...(site.seed === undefined ? {} : { seed: `${input.specDirectory}/${site.seed}` }),
  }
}
