import { canonicalJson, sha256 } from './digest.ts'
import type {
  NamedValue,
  ResolvedAccount,
  ResolvedCache,
  ResolvedDatabase,
  ResolvedRuntime,
  ResolvedService,
  ResolvedSite,
  ResolvedTool,
} from './resolved-account.ts'
import type {
  Allocation,
  DesiredContainer,
  DesiredDatabase,
  DesiredDirectory,
  DesiredFile,
  DesiredSchema,
  DesiredSecret,
  Mount,
  ServiceLimits,
} from './resources.ts'
import type { tenantLayout } from './settings.ts'

/** What a kind may know of the tenant it renders for. */
export interface KindContext {
  readonly account: ResolvedAccount
  readonly layout: ReturnType<typeof tenantLayout>
  readonly allocation: Allocation
}

/** What one service adds to a tenant. */
export interface Rendered {
  readonly container: DesiredContainer
  readonly directories?: readonly DesiredDirectory[]
  readonly files?: readonly DesiredFile[]
  readonly secrets?: readonly DesiredSecret[]
  readonly database?: DesiredDatabase
  readonly schemas?: readonly DesiredSchema[]
}

/** Where a web server sends what a site's runtime has to answer. Sockets are below {@link APP_SOCKETS}. */
export type Upstream =
  | { readonly type: 'files' }
  | { readonly type: 'fastcgi'; readonly socket: string; readonly container: string }
  | { readonly type: 'http'; readonly socket: string; readonly container: string }

export interface RoutedSite {
  readonly site: ResolvedSite
  readonly upstream: Upstream
}

/** A site that has a runtime. */
export interface RuntimeSite extends ResolvedSite {
  readonly runtime: ResolvedRuntime
}

export interface RenderedRuntime extends Rendered {
  /** By the sites' domains. */
  readonly upstreams: ReadonlyMap<string, Upstream>
}

/**
 * Answers for all sites of a tenant, on a port of its NIC that no other kind has: two may stand side by side.
 * `frontends` are the addresses whose word about the client is taken.
 */
export interface WebServerKind {
  readonly name: string
  render(
    context: KindContext,
    service: ResolvedService,
    sites: readonly RoutedSite[],
    frontends: readonly string[],
  ): Rendered
}

/** A web server that is asked on the network `www`. */
export interface Backend {
  readonly container: string
  readonly address: string
  readonly port: number
}

/** Stands before the web server. */
export interface HttpCacheKind {
  readonly name: string
  /** Where the web server sees its requests come from. */
  readonly address: string
  render(context: KindContext, cache: ResolvedCache, backend: Backend): Rendered
}

/** Runs the code of sites. */
export interface RuntimeKind {
  readonly name: string
  /** Sites with the same key share a container. */
  groupKey(site: RuntimeSite): string
  /** `sites` have one key, and one version. */
  render(context: KindContext, sites: readonly [RuntimeSite, ...RuntimeSite[]]): RenderedRuntime
}

export interface DatabaseKind {
  readonly name: string
  render(context: KindContext, database: ResolvedDatabase): Rendered
  /**
   * The way out, in words, when data that the version `served` wrote can't be opened by the later version `wanted`;
   * undefined when it can.
   */
  upgradeObstacle(served: string, wanted: string): string | undefined
}

/** Has no network: apps reach its socket in {@link cacheSockets}. */
export interface CacheKind {
  readonly name: string
  render(context: KindContext, cache: ResolvedCache): Rendered
}

/** A web application of ours, on a port of the NIC of its own. */
export interface ToolKind {
  readonly name: string
  render(context: KindContext, tool: ResolvedTool): Rendered
}

/** Every kind there is, by name. */
export interface Kinds {
  readonly webServers: ReadonlyMap<string, WebServerKind>
  readonly httpCaches: ReadonlyMap<string, HttpCacheKind>
  readonly runtimes: ReadonlyMap<string, RuntimeKind>
  readonly databases: ReadonlyMap<string, DatabaseKind>
  readonly caches: ReadonlyMap<string, CacheKind>
  readonly tools: ReadonlyMap<string, ToolKind>
}

/** A service's own ceilings never exceed the tenant's. */
export const withinTenant = ({ account }: KindContext, memoryBytes: number, pids: number): ServiceLimits => ({
  cpuMillis: account.limits.cpuMillis,
  memoryBytes: Math.min(memoryBytes, account.limits.memoryBytes),
  pids: Math.min(pids, account.limits.pids),
})

export const MEBIBYTE = 1024 * 1024

/** Sites and the runtimes that serve them have this id, so that each may write what the other reads. */
export const APP_OWNER = { uid: 1000, gid: 1000 } as const

/** Where sites, the sockets of their code and those of caches are inside of containers. */
export const SITES = '/var/www'
export const APP_SOCKETS = '/run/apps'
export const CACHE_SOCKETS = '/run/caches'

/** On a disk of the tenant, for what is too large for a tmpfs or has to outlive its container. */
export const SPOOL = '/var/spool/palisade'

/** A configuration file that its service may read and nobody in the tenant may change. */
export const configFile = (path: string, content: string): DesiredFile => ({
  type: 'file',
  path,
  content,
  mode: '0644',
  owner: 'root',
})

export const configDirectory = (path: string): DesiredDirectory => ({
  type: 'directory',
  path,
  mode: '0755',
  owner: 'root',
})

/** Directory of a cache's socket on the host. */
export const cacheSockets = ({ layout }: KindContext, kind: string): string => `${layout.sockets}/caches/${kind}`

/** Path of a cache's socket for the code of sites. */
export const cacheSocket = (kind: string): string => `${CACHE_SOCKETS}/${kind}/${kind}.sock`

/** What brings the sockets of caches to those that ask for them. */
export const cacheMounts = (context: KindContext, caches: readonly string[]): Mount[] =>
  caches.map((kind) => ({ source: cacheSockets(context, kind), target: `${CACHE_SOCKETS}/${kind}`, readOnly: true }))

/** Of sites that share a container. */
export const totalMemory = (sites: readonly RuntimeSite[]): number =>
  sites.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)

/** Environment of a site's code: its own, and where its caches are, such as `REDIS_SOCKET`. */
export const codeEnvironment = ({ environment, caches }: ResolvedSite): NamedValue[] => [
  ...caches.map((kind) => ({ name: `${kind.toUpperCase()}_SOCKET`, value: cacheSocket(kind) })),
  ...environment,
]

const MAX_NAME = 50

/** A service of one site. Names of containers end where host names do, at 63 characters. */
export const siteService = (kind: string, domain: string): string => {
  const name = `${kind}-${domain}`
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 9)}-${sha256(domain).slice(0, 8)}`
}

/**
 * A name that changes with what its container is made from, so that a successor can stand beside it until it is
 * healthy. `parts` are all that may differ between the two.
 */
export const revisionName = (service: string, parts: readonly unknown[]): string =>
  `${service}-${sha256(canonicalJson(parts)).slice(0, 8)}`

/** Short, since the path of a socket has at most 107 bytes (unix(7)). */
export const socketName = (domain: string): string => `${sha256(domain).slice(0, 16)}.sock`
