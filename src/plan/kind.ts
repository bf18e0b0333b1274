import type { ResolvedAccount, ResolvedDatabase, ResolvedService, ResolvedSite } from './resolved-account.ts'
import type {
  Allocation,
  DatabaseEndpoint,
  DesiredContainer,
  DesiredDirectory,
  DesiredFile,
  DesiredSchema,
  DesiredSecret,
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
  readonly database?: DatabaseEndpoint
  readonly schemas?: readonly DesiredSchema[]
}

/** Where a web server sends what a site's runtime has to answer. */
export type Upstream = { readonly type: 'files' } | { readonly type: 'fastcgi'; readonly socket: string }

export interface RoutedSite {
  readonly site: ResolvedSite
  readonly upstream: Upstream
}

/** Answers for all sites of a tenant, on port 80 of its NIC. */
export interface WebServerKind {
  readonly name: string
  render(context: KindContext, service: ResolvedService, sites: readonly RoutedSite[]): Rendered
}

/** Runs the code of those sites that ask for one version of it. */
export interface RuntimeKind {
  readonly name: string
  render(context: KindContext, service: ResolvedService): Rendered
  upstream(service: ResolvedService): Upstream
}

export interface DatabaseKind {
  readonly name: string
  render(context: KindContext, database: ResolvedDatabase): Rendered
}

/** Every kind there is, by name. */
export interface Kinds {
  readonly webServers: ReadonlyMap<string, WebServerKind>
  readonly runtimes: ReadonlyMap<string, RuntimeKind>
  readonly databases: ReadonlyMap<string, DatabaseKind>
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
