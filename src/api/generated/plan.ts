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
  /**
   * Bytes of everything in the tenant's tree, files of every user id counted, such as `50Gi`. At least 256Mi. Left out, there is no such limit.
   */
  storage?: string | number
  /**
   * Files and directories in the tenant's tree. At least 10000, since images hold many. Left out, there is no such limit.
   */
  inodes?: number
  bandwidth?: PlanDefaultsLimitsBandwidth
  io?: PlanDefaultsLimitsIo
}
/**
 * What the tenant may send and receive, IPv4 and IPv6 together, web answers included. Traffic inside the tenant does not count.
 */
export interface PlanDefaultsLimitsBandwidth {
  /**
   * Bits per second toward the tenant, such as `200M`. At least 100k. Left out, there is no such limit.
   */
  in?: string | number
  /**
   * Bits per second out of the tenant, such as `100M`. At least 100k. Left out, there is no such limit.
   */
  out?: string | number
}
/**
 * What the tenant may read from and write to the disk that its tree is on.
 */
export interface PlanDefaultsLimitsIo {
  /**
   * Bytes per second that are read, such as `100M`. At least 1M. Left out, there is no such limit.
   */
  read?: string | number
  /**
   * Bytes per second that are written, such as `50M`. At least 1M. Left out, there is no such limit.
   */
  write?: string | number
  /**
   * Reads per second. At least 100. Left out, there is no such limit.
   */
  readOperations?: number
  /**
   * Writes per second. At least 100. Left out, there is no such limit.
   */
  writeOperations?: number
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
  /**
   * DNS zones of an account.
   */
  zones?: number
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
  /**
   * Bytes of everything in the tenant's tree, files of every user id counted, such as `50Gi`. At least 256Mi. Left out, there is no such limit.
   */
  storage?: string | number
  /**
   * Files and directories in the tenant's tree. At least 10000, since images hold many. Left out, there is no such limit.
   */
  inodes?: number
  bandwidth?: PlanCeilingsLimitsBandwidth
  io?: PlanCeilingsLimitsIo
}
/**
 * What the tenant may send and receive, IPv4 and IPv6 together, web answers included. Traffic inside the tenant does not count.
 */
export interface PlanCeilingsLimitsBandwidth {
  /**
   * Bits per second toward the tenant, such as `200M`. At least 100k. Left out, there is no such limit.
   */
  in?: string | number
  /**
   * Bits per second out of the tenant, such as `100M`. At least 100k. Left out, there is no such limit.
   */
  out?: string | number
}
/**
 * What the tenant may read from and write to the disk that its tree is on.
 */
export interface PlanCeilingsLimitsIo {
  /**
   * Bytes per second that are read, such as `100M`. At least 1M. Left out, there is no such limit.
   */
  read?: string | number
  /**
   * Bytes per second that are written, such as `50M`. At least 1M. Left out, there is no such limit.
   */
  write?: string | number
  /**
   * Reads per second. At least 100. Left out, there is no such limit.
   */
  readOperations?: number
  /**
   * Writes per second. At least 100. Left out, there is no such limit.
   */
  writeOperations?: number
}
