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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isService = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && ['kind', 'version', 'image'].every((key) => typeof value[key] === 'string')

const isSite = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value.domain === 'string' &&
  Array.isArray(value.aliases) &&
  typeof value.documentRoot === 'string' &&
  (value.runtime === 'static' || isService(value.runtime))

const isDatabase = (value: unknown): boolean =>
  isService(value) && typeof value.memoryBytes === 'number' && Array.isArray(value.schemas)

/** True for what a record of this version holds: records are read back from disk. */
export const isResolvedAccount = (value: unknown): value is ResolvedAccount => {
  if (!isRecord(value) || typeof value.name !== 'string' || !isService(value.web) || !isRecord(value.limits))
    return false
  const { limits, sites, databases } = value
  return (
    ['cpuMillis', 'memoryBytes', 'pids'].every((key) => typeof limits[key] === 'number') &&
    Array.isArray(sites) &&
    sites.every(isSite) &&
    Array.isArray(databases) &&
    databases.every(isDatabase)
  )
}
