import type {
  Allocation,
  Bandwidth,
  DesiredDirectory,
  DesiredFile,
  DesiredSecret,
  DesiredSite,
  IoLimits,
  OutboundPolicy,
  RuntimeClass,
  ServiceLimits,
  TenantLimits,
  Traffic,
  Unenforced,
} from '../plan/resources.ts'

/**
 * System users. Called by the worker only. Every method is idempotent; none touches a user that is not marked as ours.
 */
export interface Users {
  /**
   * `foreign`: a user or group of that name is not ours. `overlapping`: someone else has ids of the allocation.
   * `incomplete`: ours, but with another uid, shell or subordinate range than `allocation` says.
   */
  observe(
    account: string,
    allocation: Allocation,
  ): Promise<'absent' | 'foreign' | 'overlapping' | 'incomplete' | 'ours'>
  /** Who but the account has ids of the allocation, in words; undefined when nobody has. */
  findOccupant(account: string, allocation: Allocation): Promise<string | undefined>
  /** The index that a standing user of ours was made for; undefined when there is no such user. */
  findIndex(account: string): Promise<number | undefined>
  /** @throws TerminalError `NameTaken` or `IdsTaken` when it is `foreign` or `overlapping`. */
  ensure(account: string, allocation: Allocation): Promise<void>
  drop(account: string): Promise<void>
}

/** What of a desired tree stands as wanted. */
export interface ObservedTree {
  readonly directories: ReadonlySet<string>
  readonly files: ReadonlyMap<string, string>
  readonly secrets: ReadonlySet<string>
  readonly sites: ReadonlySet<string>
}

export interface DesiredTree {
  readonly directories: readonly DesiredDirectory[]
  readonly files: readonly DesiredFile[]
  readonly secrets: readonly DesiredSecret[]
  readonly sites: readonly DesiredSite[]
}

/**
 * The tenant's tree. Owners are ids inside the tenant; the driver maps them to the host's ids by the allocation.
 * A file is replaced by an atomic rename; where there is no room for it, TransientError `StorageFull` leaves the former one. No method follows a symbolic link that a tenant could have planted.
 */
export interface Trees {
  observe(desired: DesiredTree, allocation: Allocation): Promise<ObservedTree>
  ensureDirectory(directory: DesiredDirectory, allocation: Allocation): Promise<void>
  writeFile(file: DesiredFile, allocation: Allocation): Promise<void>
  removeFile(path: string): Promise<void>
  /** With all that is in it; does nothing when nothing stands there. A whole tree is refused. */
  removeDirectory(path: string): Promise<void>
  /** Makes a password of 32 characters out of `[A-Za-z0-9]` unless the file stands already. */
  createSecret(secret: DesiredSecret, allocation: Allocation): Promise<void>
  /** Puts a new password in the place of the former one, or of none: a reader sees one of them, whole. */
  replaceSecret(secret: DesiredSecret, allocation: Allocation): Promise<void>
  readSecret(path: string): Promise<string>
  /** Copies the seed, or writes a placeholder page, and renames the whole directory into its place. */
  createSite(site: DesiredSite, allocation: Allocation): Promise<void>
  /**
   * Ends the tree of an account: moves what a customer owns into the archive, or removes it, and removes the rest.
   * Idempotent, also after a crash in the middle.
   */
  archive(account: string, retain: boolean): Promise<void>
}

/** Control groups, one per tenant below the instance's own; cgroup v2 or v1, whichever the host has. */
export interface Cgroups {
  /** `incomplete`: the total is limited, but not what services may take of it. */
  observe(account: string): Promise<'absent' | 'incomplete' | TenantLimits>
  /** What an account without a group may do is unlimited. */
  observeIo(account: string): Promise<IoLimits | Unenforced>
  /** Whether what is swapped out counts toward the limit of memory. */
  observeSwap(account: string): Promise<'counted' | Unenforced>
  /** Limits of running services, by container id, as the kernel has them. Unknown ids are left out. */
  observeServices(account: string, containerIds: readonly string[]): Promise<ReadonlyMap<string, ServiceLimits>>
  /**
   * How many processes of running services the kernel ended at the service's memory limit since the service was started,
   * by container id. Unknown ids are left out.
   */
  observeMemoryKills(account: string, containerIds: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Makes the tenant's group and its delegated leaves where missing, and sets the limits, live. */
  ensure(account: string, allocation: Allocation, limits: TenantLimits): Promise<void>
  /** Sets what the tenant may read and write, live. Its group stands. Does nothing where {@link observeIo} tells why not. */
  limitIo(account: string, io: IoLimits): Promise<void>
  /** Ends every process in the group, and removes it. */
  drop(account: string): Promise<void>
}

/** The process that keeps a tenant's user, mount and network namespaces open. */
export interface Sandboxes {
  observe(account: string): Promise<'absent' | { readonly pid: number }>
  start(account: string, allocation: Allocation): Promise<void>
  /** Ends every process of the tenant, the engine's too. */
  stop(account: string): Promise<void>
}

/** One veth pair per tenant. The sandbox stands when `attach` is called. */
export interface Nics {
  /** Whether the host's own networks leave the pool of addresses alone. */
  observePool(): Promise<'free' | Unenforced>
  /** What stands in the place of the NIC that has not been made yet, in words; undefined when nothing does. */
  findOccupant(allocation: Allocation): Promise<string | undefined>
  observe(account: string, allocation: Allocation): Promise<'absent' | 'incomplete' | 'ready'>
  attach(account: string, allocation: Allocation): Promise<void>
  /** `unknown`: no NIC stands. */
  observeTraffic(allocation: Allocation): Promise<'unknown' | Traffic>
  detach(interfaceName: string): Promise<void>
}

/** What passes a tenant's NIC, held to a rate from the host's side. Traffic inside the tenant does not pass it. */
export interface Shapers {
  /** As the kernel has it; {@link UNLIMITED} also where a limit is not as {@link ensure} sets it. */
  observe(allocation: Allocation): Promise<Bandwidth | Unenforced>
  /**
   * Sets, changes and lifts limits, live: no connection ends by it. Where the kernel lacks what it takes, nothing is
   * thrown, and {@link observe} says so from then on.
   * @throws WaitingError `NicNotReady` when the NIC does not stand.
   * @throws TerminalError `NameTaken` when an interface that is not ours bears a name that it needs.
   */
  ensure(account: string, allocation: Allocation, wanted: Bandwidth): Promise<void>
  /** Leaves nothing of it, whether the NIC stands or not. */
  drop(interfaceName: string): Promise<void>
}

/**
 * The host's one table of packet rules. No rule grows with the number of tenants; what an account may do stands in sets, by
 * the interface, and each of them opens something: what is missing is closed. All packets of an account are judged by the
 * policy in force, those of connections that stand too.
 */
export interface Firewall {
  observe(): Promise<'absent' | 'stale' | 'ready'>
  /**
   * Replaces the whole table atomically, with the policies of all accounts.
   * @throws TerminalError `NftMissing`
   */
  ensure(): Promise<void>
  /** The policies too. */
  drop(): Promise<void>
  /** As the kernel has it. Starts at most one program for all accounts in a second. */
  observePolicy(allocation: Allocation): Promise<'absent' | OutboundPolicy>
  /**
   * To be called before the interface comes up. Makes the table where it is missing.
   * @throws TerminalError `NftMissing`
   */
  setPolicy(allocation: Allocation, policy: OutboundPolicy): Promise<void>
  dropPolicy(interfaceName: string): Promise<void>
}

/** The tenant's dockerd as a process. */
export interface EngineProcesses {
  observe(account: string): Promise<'stopped' | 'running'>
  /** What of the runtime classes is installed on this host; an engine that runs takes up a new one by itself. */
  runtimes(): Promise<ReadonlySet<RuntimeClass>>
  /** Returns when the engine answers. */
  start(account: string, allocation: Allocation): Promise<void>
  /** Containers go on. */
  stop(account: string): Promise<void>
}

/** The administrator's Docker context named after the account. */
export interface Contexts {
  observe(account: string): Promise<'absent' | 'foreign' | 'ours'>
  create(account: string): Promise<void>
  drop(account: string): Promise<void>
}

/** The edge's table: which host name is answered by which tenant. */
export interface Edge {
  /** Entries of the hosts asked for; a host without an entry is left out. */
  observe(hosts: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** `entry` as {@link renderEdgeEntry} makes it. Atomic: a request sees the old one or the new one. */
  publish(host: string, entry: string): Promise<void>
  withdraw(host: string): Promise<void>
}

/** The server behind the table. It goes on while the operator is away. */
export interface EdgeServer {
  /** `stale`: it runs with another configuration than ours. */
  observe(): Promise<'stopped' | 'stale' | 'running'>
  /** Returns when it answers. A running one with our configuration is left alone. */
  ensure(): Promise<void>
  stop(): Promise<void>
}
