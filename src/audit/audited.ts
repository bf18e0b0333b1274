import type { ServiceLimits } from '../plan/resources.ts'

/** What an audit looks at, as plain data: what an engine says of a container, and what the kernel says. */

export interface AuditedBind {
  /** As the engine was told it. */
  readonly source: string
  readonly target: string
  /** `rprivate`, `shared` and so on: mount_namespaces(7). Empty for volumes. */
  readonly propagation: string
}

export interface AuditedPort {
  readonly hostAddress: string
  readonly hostPort: number
}

/** How the engine was asked to run a container. */
export interface Configuration {
  readonly image: string
  /** Empty: the image's own. */
  readonly user: string
  readonly privileged: boolean
  readonly addedCapabilities: readonly string[]
  readonly securityOptions: readonly string[]
  /** The engine's words, such as `host`, by what is shared. */
  readonly modes: Readonly<Record<'net' | 'pid' | 'ipc' | 'uts' | 'user', string>>
  readonly restart: { readonly policy: string; readonly maximumRetries: number }
  readonly ports: readonly AuditedPort[]
  readonly networks: readonly string[]
  readonly binds: readonly AuditedBind[]
  readonly devices: readonly string[]
  readonly sysctls: readonly string[]
  readonly readOnlyRoot: boolean
  readonly hasHealthCheck: boolean
  /** 0 where there is none. */
  readonly limits: ServiceLimits
}

export interface AuditedProcess {
  readonly pid: number
  /** At most 15 characters, whatever the process calls itself. */
  readonly command: string
  /** Inside the container's user namespace; `unmapped` for a user that is not in it. */
  readonly uid: number | 'unmapped'
  /** Names as in capabilities(7), without `CAP_`; of the effective, permitted and bounding sets together. */
  readonly capabilities: readonly string[]
  readonly seccomp: 'disabled' | 'strict' | 'filter'
  readonly noNewPrivileges: boolean
  /** As AppArmor shows it, such as `palisade-service (enforce)`; empty without AppArmor. */
  readonly apparmor: string
}

export interface AuditedMount {
  readonly target: string
  /** Path of the host, or of the tenant's sandbox, that is seen there; empty for what is the container's alone. */
  readonly hostPath: string
  readonly fileSystem: string
  readonly writable: boolean
  /** Mounts made there are seen by others: mount_namespaces(7). */
  readonly shared: boolean
}

export type AuditedNamespace = 'net' | 'pid' | 'ipc' | 'uts' | 'user' | 'mnt'

/** A running container as the kernel has it. */
export interface KernelView {
  /** All in the container's control group, the container's first process first. */
  readonly processes: readonly AuditedProcess[]
  /** Whose each is: the container's own, that of the tenant's sandbox, or the host's. */
  readonly namespaces: Readonly<Record<AuditedNamespace, 'own' | 'tenant' | 'host'>>
  readonly mounts: readonly AuditedMount[]
  /** Path of the control group, such as `/palisade/alice/services/ID`. */
  readonly group: string
  /** Infinity where nothing limits. */
  readonly limits: 'absent' | ServiceLimits
  /** Most open files of one process, that it may raise its limit to. */
  readonly openFiles: number
}

export interface AuditedContainer {
  readonly id: string
  readonly name: string
  /** `foreign`: none that Palisade has made. */
  readonly origin: 'service' | 'job' | 'foreign'
  readonly configured: Configuration
  readonly kernel: 'stopped' | KernelView
}

export interface AuditedTenant {
  readonly account: string
  /** Root of the tenant's tree on the host. */
  readonly tree: string
  /** Control group of the tenant's total, such as `/palisade/alice`. */
  readonly group: string
  readonly swarm: boolean
  readonly containers: readonly AuditedContainer[]
}

export interface AuditedHost {
  readonly apparmor: boolean
  readonly selinux: boolean
  /** Which of the files and directories of /proc that a container must not have this kernel has. */
  readonly procFiles: readonly string[]
}

/** One container, and whose it is. */
export interface Subject {
  readonly container: AuditedContainer
  readonly tenant: Omit<AuditedTenant, 'containers'>
  readonly host: AuditedHost
}
