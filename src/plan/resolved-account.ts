import type { WrittenZone } from '../api/records/zone-findings.ts'
import type { CertificateFiles, CertificateMode } from './certificates.ts'
import type { Hsts } from './edge-entry.ts'
import type {
  Bandwidth,
  DesiredImage,
  IoLimits,
  OutboundPolicy,
  RuntimeClass,
  StorageLimits,
  TenantLimits,
} from './resources.ts'

/** A service's image, decided by the catalog. */
export interface ResolvedService {
  readonly kind: string
  readonly version: string
  readonly image: DesiredImage
}

/** What runs a site's code. */
export interface ResolvedRuntime extends ResolvedService {
  /** File or application that is run; empty where each request names its file. */
  readonly entry: string
  readonly interface: 'wsgi' | 'asgi'
  /** Settings of PHP, by name. */
  readonly ini: Readonly<Record<string, string | number | boolean>>
}

export interface ResolvedRedirect {
  readonly from: string
  readonly to: string
  readonly status: 301 | 302 | 307 | 308
}

export interface NamedValue {
  readonly name: string
  readonly value: string
}

export interface ResolvedJob {
  readonly name: string
  /** Five fields of crontab(5). */
  readonly schedule: string
  readonly timeZone: string
  readonly command: readonly [string, ...string[]]
  readonly timeoutMs: number
}

/** How a site is reached over HTTPS. */
export interface ResolvedTls {
  /** `default`: as the host says. */
  readonly mode: 'default' | CertificateMode
  /** Of the mode `custom`. */
  readonly certificate?: CertificateFiles
  /** Whether requests over HTTP are sent to HTTPS; left out, the mode decides. */
  readonly redirect?: boolean
  readonly hsts?: Hsts
}

export interface ResolvedSite {
  readonly domain: string
  readonly aliases: readonly string[]
  /** Whether aliases lead to the domain. */
  readonly redirectAliases: boolean
  readonly suspended: boolean
  readonly tls: ResolvedTls
  /** Relative to the site's directory; empty for the directory itself. */
  readonly documentRoot: string
  /** Absolute path of a directory beside the specs. */
  readonly seed?: string
  readonly runtime: 'static' | ResolvedRuntime
  readonly memoryBytes: number
  /** File names that answer for a directory, the first that exists. */
  readonly index: readonly string[]
  readonly uploadBytes: number
  readonly redirects: readonly ResolvedRedirect[]
  readonly headers: readonly NamedValue[]
  readonly environment: readonly NamedValue[]
  /** Kinds of cache that its code may reach. */
  readonly caches: readonly string[]
  readonly healthPath: string
  readonly jobs: readonly ResolvedJob[]
}

export interface ResolvedSchema {
  readonly name: string
  readonly owner: string
}

export interface ResolvedDatabase extends ResolvedService {
  readonly memoryBytes: number
  readonly schemas: readonly ResolvedSchema[]
}

/** A cache for code, or an HTTP cache before the web server. */
export interface ResolvedCache extends ResolvedService {
  readonly memoryBytes: number
}

/** A web application of ours beside the sites. */
export interface ResolvedTool extends ResolvedService {
  readonly domain: string
  /** Kind of the service that it administers; empty when it is for the account's files. */
  readonly subject: string
}

/** A zone with its records as they are written: they are read where the zone is compiled. */
export interface ResolvedZone extends WrittenZone {
  /** Seconds; the host's where it is left out. */
  readonly ttl?: number
  /** Whether it is signed; as the host says where it is left out. */
  readonly dnssec?: boolean
}

/** An account with its plan's defaults, its catalog's images and every quantity a number. */
export interface ResolvedAccount {
  readonly name: string
  readonly limits: TenantLimits
  readonly io: IoLimits
  readonly storage: StorageLimits
  readonly bandwidth: Bandwidth
  readonly outbound: OutboundPolicy
  readonly web: ResolvedService
  /** Stands before the web server. */
  readonly httpCache?: ResolvedCache
  readonly sites: readonly ResolvedSite[]
  readonly databases: readonly ResolvedDatabase[]
  readonly caches: readonly ResolvedCache[]
  readonly tools: readonly ResolvedTool[]
  readonly runtime: RuntimeClass
  readonly zones: readonly ResolvedZone[]
  readonly removedData: 'retain' | 'delete'
  /** Whether no request reaches it and its jobs rest. */
  readonly suspended: boolean
}

/** Every image that the account's services are made of, once each. */
export const imagesOf = ({ web, httpCache, sites, databases, caches, tools }: ResolvedAccount): DesiredImage[] => {
  const runtimes = sites.flatMap(({ runtime }) => (runtime === 'static' ? [] : [runtime]))
  const services = [
    web,
    ...(httpCache === undefined ? [] : [httpCache]),
    ...runtimes,
    ...databases,
    ...caches,
    ...tools,
  ]
  return [...new Map(services.map(({ image }) => [image.name, image])).values()]
}
