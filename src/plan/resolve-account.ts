import { DEFAULT_LIMITS } from '../api/default-limits.ts'
import type { AccountSpec } from '../api/generated/account.ts'
import type { CatalogService, CatalogSpec } from '../api/generated/catalog.ts'
import type { PlanSpec } from '../api/generated/plan.ts'
import { parseBytes, parseCpuMillis } from '../api/quantity.ts'
import type { Kinds } from './kind.ts'
import { wholePages } from './pages.ts'
import type { ResolvedAccount, ResolvedDatabase, ResolvedService, ResolvedSite } from './resolved-account.ts'
import type { TenantLimits } from './resources.ts'

export interface ResolveInput {
  readonly name: string
  readonly spec: AccountSpec
  /** Absolute path that relative paths of the spec start from. */
  readonly specDirectory: string
  readonly plan: PlanSpec | undefined
  readonly catalog: CatalogSpec
  readonly kinds: Kinds
  /** Image references by recipe. */
  readonly images: ReadonlyMap<string, string>
}

export interface ResolveProblem {
  readonly reason: 'KindUnknown' | 'VersionUnknown' | 'ImageUnavailable'
  /** Where in the object, as keys and indexes. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

export type ResolveResult = { readonly resolved: ResolvedAccount } | { readonly problems: readonly ResolveProblem[] }

/** Looks services up in the catalog, and collects what can't be found. */
class Lookup {
  readonly problems: ResolveProblem[] = []
  readonly #input: ResolveInput

  constructor(input: ResolveInput) {
    this.#input = input
  }

  service(kind: string, known: boolean, wanted: string | undefined, path: (string | number)[]): ResolvedService {
    const nothing = { kind, version: wanted ?? '', image: '' }
    const service = this.#input.catalog.services.find((one) => one.kind === kind)
    if (!known || service === undefined)
      return this.#refuse('KindUnknown', path, `there is no ${kind} here${this.#offer(path)}`, nothing)
    const version = wanted ?? service.default ?? service.versions.at(-1)?.version ?? ''
    const entry = service.versions.find((one) => one.version === version)
    if (entry === undefined)
      return this.#refuse('VersionUnknown', path, `the catalog has no ${kind} ${version}${offered(service)}`, nothing)
    const image = this.#input.images.get(entry.recipe)
    if (image === undefined)
      return this.#refuse(
        'ImageUnavailable',
        path,
        `${kind} ${version} names the recipe ${entry.recipe}, which is not in images/`,
        nothing,
      )
    return { kind, version, image }
  }

  #offer(path: readonly (string | number)[]): string {
    const { webServers, databases } = this.#input.kinds
    const names = [...(path[0] === 'web' ? webServers : databases).keys()]
    return `: choose one of ${names.join(', ')}`
  }

  #refuse(
    reason: ResolveProblem['reason'],
    path: readonly (string | number)[],
    message: string,
    nothing: ResolvedService,
  ) {
    this.problems.push({ reason, path, message })
    return nothing
  }
}

const offered = ({ versions }: CatalogService): string =>
  `: it has ${versions.map(({ version }) => version).join(', ')}`

const resolveLimits = ({ spec, plan }: ResolveInput): TenantLimits => {
  const limits = { ...DEFAULT_LIMITS, ...plan?.defaults.limits, ...spec.limits }
  return {
    cpuMillis: parseCpuMillis(limits.cpu),
    memoryBytes: wholePages(parseBytes(limits.memory)),
    pids: limits.pids,
  }
}

const resolveSites = ({ spec, specDirectory, kinds }: ResolveInput, lookup: Lookup): ResolvedSite[] =>
  spec.sites.map((site, index): ResolvedSite => {
    const php = site.runtime?.php
    const path = ['sites', index, 'runtime', 'php']
    return {
      domain: site.domain,
      aliases: site.aliases,
      documentRoot: site.documentRoot ?? '',
      runtime: php === undefined ? 'static' : lookup.service('php', kinds.runtimes.has('php'), php, path),
      ...(site.seed === undefined ? {} : { seed: `${specDirectory}/${site.seed}` }),
    }
  })

const resolveDatabases = ({ spec, kinds }: ResolveInput, lookup: Lookup): ResolvedDatabase[] =>
  spec.databases.map(({ engine, version, memory, schemas }, index) => ({
    ...lookup.service(engine, kinds.databases.has(engine), version, ['databases', index, 'engine']),
    memoryBytes: wholePages(parseBytes(memory)),
    schemas,
  }))

/** A valid spec with its plan's defaults, its catalog's images and every quantity a number. Pure. */
export const resolveAccount = (input: ResolveInput): ResolveResult => {
  const lookup = new Lookup(input)
  const { server, version } = input.spec.web
  const resolved: ResolvedAccount = {
    name: input.name,
    limits: resolveLimits(input),
    web: lookup.service(server, input.kinds.webServers.has(server), version, ['web', 'server']),
    sites: resolveSites(input, lookup),
    databases: resolveDatabases(input, lookup),
  }
  return lookup.problems.length > 0 ? { problems: lookup.problems } : { resolved }
}
