// Generated from crds/ by `npm run generate`. Do not edit.

/**
 * A customer of this host. Each account becomes one tenant, a sandbox of its own with the services that are named here.
 */
export interface Account {
  apiVersion: 'palisade.dev/v1'
  kind: 'Account'
  metadata: AccountMetadata
  spec: AccountSpec
}
export interface AccountMetadata {
  /**
   * The account's name, and that of its system user: lower-case letters, digits and hyphens, a letter first, at most 31 characters. Names of system users are refused.
   */
  name: string
  labels?: {
    [k: string]: string
  }
  annotations?: {
    [k: string]: string
  }
}
/**
 * What the account should consist of.
 */
export interface AccountSpec {
  /**
   * Name of the Plan that gives defaults and sets ceilings. Without one nothing but the host bounds the limits.
   */
  plan?: string
  limits: AccountLimits
  web: AccountWeb
  /**
   * Web sites, each with a directory of its own.
   */
  sites: AccountSite[]
  /**
   * Database engines, at most one of each kind. Apps reach one by its kind as host name, on the internal network.
   */
  databases: AccountDatabase[]
}
/**
 * Ceilings of the whole tenant, its Docker engine included, enforced from the host's side. What is left out comes from the plan's defaults, or is cpu 1, memory 1Gi, pids 512. A change takes effect live.
 */
export interface AccountLimits {
  /**
   * CPU cores, such as `2`, `"0.5"` or `500m`. At least 10m.
   */
  cpu?: string | number
  /**
   * Memory with swap, in bytes, such as `4Gi` or `512Mi`. At least 128Mi.
   */
  memory?: string | number
  /**
   * Processes and threads. At least 128, since the engine needs some itself.
   */
  pids?: number
}
/**
 * The web server that answers for all sites of the account.
 */
export interface AccountWeb {
  /**
   * A web server that the Catalog offers, such as `nginx`.
   */
  server: string
  /**
   * A version that the Catalog offers, in quotes. Left out, it is the Catalog's default.
   */
  version?: string
}
/**
 * One web site.
 */
export interface AccountSite {
  /**
   * Host name that the site is reached by, in lower case; an international name in its `xn--` form. It belongs to the first account that asks for it.
   */
  domain: string
  /**
   * Further host names of the same site.
   *
   * Items: A host name.
   */
  aliases: string[]
  runtime?: AccountSiteRuntime
  /**
   * Directory that is served, relative to the site's own, such as `public`. Left out, it is the site's directory itself.
   */
  documentRoot?: string
  /**
   * Directory beside the spec file, relative to it. Its content is copied into the site's directory once, when that is made.
   */
  seed?: string
}
/**
 * What runs the site's code. Without it the site's files are served as they are.
 */
export interface AccountSiteRuntime {
  /**
   * A version of PHP that the Catalog offers, in quotes, such as `"8.2"`.
   */
  php?: string
}
/**
 * One database engine.
 */
export interface AccountDatabase {
  /**
   * A database engine that the Catalog offers, such as `mariadb`.
   */
  engine: string
  /**
   * A version that the Catalog offers, in quotes, such as `"10.11"`. Left out, it is the Catalog's default.
   */
  version?: string
  /**
   * Ceiling of the engine's memory, such as `512Mi`. Never more than the account's own, at least 64Mi.
   */
  memory: string | number
  /**
   * Schemas (databases) in the engine. They are made when they are missing, and never dropped.
   */
  schemas: AccountDatabaseSchema[]
}
/**
 * One schema.
 */
export interface AccountDatabaseSchema {
  /**
   * Name of the schema, of lower-case letters, digits and underscores, a letter first.
   */
  name: string
  /**
   * User that may do everything in the schema; one user may own several. Its password is made here, and apps read it from `/run/secrets/ENGINE-OWNER`.
   */
  owner: string
}
