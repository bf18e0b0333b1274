import type { TenantLimits, Unenforced } from '../plan/resources.ts'

/** Limits beside those of processors, memory and processes; {@link UNLIMITED} where there is none. */
export interface Ceiling {
  readonly wanted: Readonly<Record<string, number>>
  /** What the kernel has, or why this host can't hold anybody to such a limit. */
  readonly inForce: Readonly<Record<string, number>> | Unenforced
}

/** The tenant that attacks. */
export interface Attacker {
  readonly account: string
  /** Host end of its NIC. */
  readonly interface: string
  readonly address: string
  readonly gateway: string
  /** `none`: the host gives tenants no IPv6. */
  readonly ipv6: 'none' | { readonly address: string; readonly gateway: string }
  /** Directories of its control group, on the host. */
  readonly cgroups: readonly string[]
  /** What its spec says. */
  readonly limits: TenantLimits
  /** What the kernel holds it to. `incomplete`: services may take what its engine needs. */
  readonly limitsInForce: 'absent' | 'incomplete' | TenantLimits
  readonly ceilings: Readonly<Record<'storage' | 'bandwidth' | 'io', Ceiling>>
  /** A directory of its tree, as its root sees it, that its subordinate user {@link writer} may write to. */
  readonly writable: string | undefined
  /** Inside the tenant. */
  readonly writer: number
}

/** The tenant that is attacked. */
export interface Neighbour {
  readonly account: string
  readonly interface: string
  readonly address: string
  readonly ipv6Address: 'none' | string
  /** Ports of its address that it publishes something on. */
  readonly ports: readonly number[]
  /** Names that its own services find one another by, and the attacker's do not. */
  readonly names: readonly string[]
  /** A host name of its that the edge answers. */
  readonly host: string | undefined
  readonly tree: string
  readonly engineSocket: string
  readonly cgroups: readonly string[]
  /** Its holder, and what belongs to its engine. */
  readonly processes: readonly number[]
}

/** The machine below both. */
export interface HostSide {
  /** Those of the loopback, of a link alone and of tenants' NICs left out. */
  readonly addresses: readonly string[]
  /** TCP ports that something on it listens on, whoever it is, and those of services that a host may get. */
  readonly ports: readonly number[]
  /** Those of {@link ports} that the edge answers everybody on, tenants too. */
  readonly edgePorts: readonly number[]
  /** Sockets of the operator, the edge, databases and engines. */
  readonly sockets: readonly string[]
  /** Directories that only the operator may look into. */
  readonly directories: readonly string[]
  /** The daemon, or else the first process. */
  readonly process: number
  /** Names in `/dev`. */
  readonly disks: readonly string[]
}

/** Everything that probes aim at, read in one go. */
export interface Scene {
  readonly attacker: Attacker
  /** `none`: the host has no other tenant. */
  readonly neighbour: 'none' | Neighbour
  readonly host: HostSide
  /** Limits of the container that the `service` position is in. */
  readonly container: {
    readonly memoryBytes: number
    readonly pids: number
    readonly openFiles: number
    readonly tmpBytes: number
  }
}
