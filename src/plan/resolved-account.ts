import type { TenantLimits } from './resources.ts'

/** A service's image, decided by the catalog. */
export interface ResolvedService {
  readonly kind: string
  readonly version: string
  /** Reference of the image in the tenant's engine. */
  readonly image: string
}

export interface ResolvedSite {
  readonly domain: string
  readonly aliases: readonly string[]
  /** Relative to the site's directory; empty for the directory itself. */
  readonly documentRoot: string
  /** Absolute path of a directory beside the specs. */
  readonly seed?: string
  readonly runtime: 'static' | ResolvedService
}

export interface ResolvedSchema {
  readonly name: string
  readonly owner: string
}

export interface ResolvedDatabase extends ResolvedService {
  readonly memoryBytes: number
  readonly schemas: readonly ResolvedSchema[]
}

/** An account with its plan's defaults, its catalog's images and every quantity a number. */
export interface ResolvedAccount {
  readonly name: string
  readonly limits: TenantLimits
  readonly web: ResolvedService
  readonly sites: readonly ResolvedSite[]
  readonly databases: readonly ResolvedDatabase[]
}
