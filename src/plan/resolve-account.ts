import type { AccountSpec } from '../api/generated/account.ts'
import type { PlanSpec } from '../api/generated/plan.ts'
import { canonicalNetworks } from '../api/ip-network.ts'
import { parseBytes } from '../api/quantity.ts'
import { CatalogLookup, type Offer, type ResolveProblem } from './catalog-lookup.ts'
import type { Kinds } from './kind.ts'
import { wholePages } from './pages.ts'
import { resolveLimits } from './resolve-limits.ts'
import { resolveSite } from './resolve-site.ts'
import type { ResolvedAccount, ResolvedCache, ResolvedDatabase, ResolvedTool } from './resolved-account.ts'

export interface ResolveInput extends Offer {
  readonly name: string
  readonly spec: AccountSpec
  /** Absolute path that relative paths of the spec start from. */
  readonly specDirectory: string
  readonly plan: PlanSpec | undefined
  readonly kinds: Kinds
}

export type ResolveResult = { readonly resolved: ResolvedAccount } | { readonly problems: readonly ResolveProblem[] }

const resolveHttpCache = ({ spec, kinds }: ResolveInput, lookup: CatalogLookup): ResolvedCache | undefined => {
  const { varnish } = spec.web
  if (varnish === undefined) return undefined
  const memoryBytes = wholePages(parseBytes(varnish.memory))
  return { ...lookup.service('varnish', kinds.httpCaches, varnish.version, ['web', 'varnish']), memoryBytes }
}

const resolveDatabases = ({ spec, kinds }: ResolveInput, lookup: CatalogLookup): ResolvedDatabase[] =>
  spec.databases.map(({ engine, version, memory, schemas }, index) => ({
    ...lookup.service(engine, kinds.databases, version, ['databases', index, 'engine']),
    memoryBytes: wholePages(parseBytes(memory)),
    schemas,
  }))

const resolveCaches = ({ spec, kinds }: ResolveInput, lookup: CatalogLookup): ResolvedCache[] =>
  spec.caches.map(({ engine, version, memory }, index) => ({
    ...lookup.service(engine, kinds.caches, version, ['caches', index, 'engine']),
    memoryBytes: wholePages(parseBytes(memory)),
  }))

const resolveTools = ({ spec, kinds }: ResolveInput, lookup: CatalogLookup): ResolvedTool[] => {
  const admins = spec.databases.flatMap(({ admin, engine }, index): ResolvedTool[] =>
    admin === undefined
      ? []
      : [
          {
            ...lookup.service('phpmyadmin', kinds.tools, admin.version, ['databases', index, 'admin']),
            domain: admin.domain,
            subject: engine,
          },
        ],
  )
  const { fileManager } = spec
  if (fileManager === undefined) return admins
  const service = lookup.service('filemanager', kinds.tools, fileManager.version, ['fileManager'])
  return [...admins, { ...service, domain: fileManager.domain, subject: '' }]
}

/** A valid spec with its plan's defaults, its catalog's images and every quantity a number. Pure. */
export const resolveAccount = (input: ResolveInput): ResolveResult => {
  const lookup = new CatalogLookup(input)
  const { name, spec, plan, kinds, specDirectory } = input
  const { server, version } = spec.web
  const httpCache = resolveHttpCache(input, lookup)
  const resolved: ResolvedAccount = {
    name,
    ...resolveLimits(spec, plan),
    outbound: { ...spec.network, privateRanges: canonicalNetworks(spec.network.privateRanges) },
    web: lookup.service(server, kinds.webServers, version, ['web', 'server']),
    sites: spec.sites.map((site, index) => resolveSite(site, { specDirectory, kinds, lookup, path: ['sites', index] })),
    databases: resolveDatabases(input, lookup),
    caches: resolveCaches(input, lookup),
    tools: resolveTools(input, lookup),
    runtime: spec.runtimeClass,
    zones: spec.zones,
    removedData: spec.removedData,
    suspended: spec.suspended,
    ...(httpCache === undefined ? {} : { httpCache }),
  }
  return lookup.problems.length > 0 ? { problems: lookup.problems } : { resolved }
}
