// Generated from crds/ by `npm run generate`. Do not edit.

/**
 * What accounts of one tariff get by default, and what they may ask for at most.
 */
export interface Plan {
  apiVersion: 'palisade.dev/v1'
  kind: 'Plan'
  metadata: PlanMetadata
  spec: PlanSpec
}
export interface PlanMetadata {
  /**
   * The name that accounts give as `plan`.
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
 * The tariff.
 */
export interface PlanSpec {
  defaults: PlanDefaults
  ceilings: PlanCeilings
}
/**
 * Taken where an account says nothing.
 */
export interface PlanDefaults {
  limits: PlanDefaultsLimits
}
/**
 * Limits of the whole tenant.
 */
export interface PlanDefaultsLimits {
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
 * An account that asks for more is refused. What is left out has no ceiling.
 */
export interface PlanCeilings {
  limits: PlanCeilingsLimits
  /**
   * Sites of an account.
   */
  sites?: number
  /**
   * Schemas of an account, in all its database engines together.
   */
  databases?: number
}
/**
 * Limits of the whole tenant.
 */
export interface PlanCeilingsLimits {
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
