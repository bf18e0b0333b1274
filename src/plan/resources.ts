import type { DesiredCertificate, ObservedCertificate } from './certificates.ts'
import type { RefusedZone } from './zones/compile-zones.ts'
import type { DesiredZone } from './zones/desired-zone.ts'
import type { ObservedZone } from './zones/observed-zone.ts'

/**
 * What a tenant is made of, as plain data. Desired state is rendered from specs, observed state is read from the host;
 * both speak of the same resources, so that the difference of the two is a plan.
 */

/** A user or group id inside the tenant's user namespace: 0 is the tenant's system user outside. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Everything that is given to an account once and never shared. Derived from {@link index} and the host's pools. */
export interface Allocation {
  /** Allocated once, recorded, never shared. */
  readonly index: number
  /** The system user's uid and the gid of its own group. */
  readonly uid: number
  readonly gid: number
  /** First of the 65,536 subordinate uids and gids. */
  readonly subIdBase: number
  /** Host end of the tenant's NIC, at most 15 characters. */
  readonly interface: string
  readonly hostAddress: string
  readonly tenantAddress: string
  readonly prefixLength: number
  readonly ipv6: 'none' | Ipv6Link
}

/** The two ends of a tenant's NIC in IPv6. */
export interface Ipv6Link {
  readonly hostAddress: string
  readonly tenantAddress: string
  readonly prefixLength: number
}

/** Stands for a limit that is not set: larger than anything, and kept by JSON. */
export const UNLIMITED = Number.MAX_SAFE_INTEGER

/** What may be read from and written to the disk of the trees; per second. {@link UNLIMITED}: as much as it gives. */
export interface IoLimits {
  readonly readBytes: number
  readonly writeBytes: number
  readonly readOperations: number
  readonly writeOperations: number
}

/** A limit that this host can't hold a tenant to. */
export interface Unenforced {
  /** CamelCase, the reason of the condition that tells it. */
  readonly reason: string
  readonly message: string
}

/** Ceilings of the tenant's total that its control group enforces, from the host's side. */
export interface TenantLimits {
  /** Thousandths of a CPU core. */
  readonly cpuMillis: number
  /** Memory and swap together. */
  readonly memoryBytes: number
  readonly pids: number
}

/** Ceilings of the tenant's tree, over files of every user. {@link UNLIMITED}: none. */
export interface StorageLimits {
  readonly bytes: number
  readonly inodes: number
}

/** Bits per second through the tenant's NIC, IPv4 and IPv6 together. {@link UNLIMITED}: none. */
export interface Bandwidth {
  /** Toward the tenant. */
  readonly in: number
  readonly out: number
}

/** Bytes that went through a NIC since it was made. */
export interface Traffic {
  /** The kernel's index of it: another NIC has another one, until a reboot. */
  readonly nic: number
  /** Toward the tenant. */
  readonly in: number
  readonly out: number
}

/** Where the tenant may connect to. Other tenants it never may, nor anything of the host but its sites. */
export interface OutboundPolicy {
  readonly internet: boolean
  /** TCP port 25. */
  readonly smtp: boolean
  /** The sites that this host serves, as any visitor may. */
  readonly hostedSites: boolean
  /** Networks that are not the internet, IPv4 or IPv6; as `canonicalNetworks` of `api/ip-network.ts` writes them. */
  readonly privateRanges: readonly string[]
}

/** Ceilings of one service inside the tenant. */
export interface ServiceLimits {
  readonly cpuMillis: number
  /** Memory and swap together: a service never swaps. */
  readonly memoryBytes: number
  readonly pids: number
}

/** Where the bytes of an image come from. */
export type ImageSource =
  | { readonly from: 'recipe'; readonly recipe: string }
  /** As registries name it, such as `docker.io/library/php:8.5-fpm`. */
  | { readonly from: 'registry'; readonly reference: string }

/** What runs containers: the host's kernel by runc, or gVisor's in user space by runsc. */
export type RuntimeClass = 'runc' | 'gvisor'

export interface DesiredImage {
  /** Reference in the tenant's engine. */
  readonly name: string
  /** In this order: the first that can be had is taken. */
  readonly sources: readonly ImageSource[]
}

export interface Mount {
  /** Path on the host, always inside the tenant's tree. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

export interface Tmpfs {
  readonly target: string
  readonly sizeBytes: number
  readonly owner: Owner
  /** Octal text, such as `0755`. */
  readonly mode: string
  /** Whether programs and libraries that are written there may be run. */
  readonly executable: boolean
}

export interface NetworkAttachment {
  readonly network: string
  readonly aliases: readonly string[]
  /** Fixed, so that others find it without a resolver; the engine gives any when it is left out. */
  readonly address?: string
}

export interface PublishedPort {
  readonly hostAddress: string
  readonly hostPort: number
  readonly containerPort: number
}

export type Command = readonly [string, ...string[]]

/** How a service is made to read its configuration again while it runs. */
export interface Reload {
  readonly by: { readonly signal: string } | { readonly command: Command }
  /**
   * Exits 0 once the configuration that the files hold is in force: a reload goes on after it was asked for. Without
   * it the reload counts as done when it was asked for.
   */
  readonly check?: Command
}

/** A command that exits 0 when the service does its job. */
export interface HealthCheck {
  readonly command: Command
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Failures in a row until the engine calls the service unhealthy. */
  readonly retries: number
}

export interface DesiredContainer {
  readonly type: 'container'
  /** `web` sends requests to `backend`: it hears of a new one when that is healthy, and of an end before it comes. */
  readonly tier: 'backend' | 'web'
  /** Unique in the tenant. One that stands beside its predecessor until it is healthy has another name than that. */
  readonly name: string
  /** What the administrator calls it, such as `php-8.2`; the same for a container and its successor. */
  readonly service: string
  readonly image: DesiredImage
  readonly runtime: RuntimeClass
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Inside the container; it has to exist in the image, or in a mount. */
  readonly workingDirectory: string
  readonly user: Owner
  readonly mounts: readonly Mount[]
  readonly tmpfs: readonly Tmpfs[]
  /** Empty: no network at all. */
  readonly networks: readonly NetworkAttachment[]
  /** Addresses of names that need no resolver. */
  readonly hosts: Readonly<Record<string, string>>
  readonly publish: readonly PublishedPort[]
  readonly health: HealthCheck
  readonly limits: ServiceLimits
  readonly stopSignal: string
  readonly stopTimeoutSeconds: number
  /**
   * Paths of configuration files that the service reads when it starts or is reloaded. The first is the main one: what
   * {@link Reload.check} asks for is in it.
   */
  readonly configFiles: readonly string[]
  /** `never`: nothing of its configuration changes while it stands. */
  readonly reload: 'never' | Reload
}

/** A command that runs at set times in a container of its own, made after that of its site's code. */
export interface DesiredJob {
  readonly type: 'job'
  readonly site: string
  readonly name: string
  /** Five fields of crontab(5). */
  readonly schedule: string
  /** IANA name. */
  readonly timeZone: string
  readonly timeoutMs: number
  readonly container: DesiredContainer
}

export interface DesiredNetwork {
  readonly type: 'network'
  readonly name: string
  readonly subnet: string
  /** Part of the subnet that the engine gives addresses from; the rest is for fixed ones. */
  readonly dynamicRange: string
  /** `none`: IPv4 alone. */
  readonly ipv6Subnet: 'none' | string
  /** True: no way out. */
  readonly internal: boolean
}

/** A directory that stands in the tenant's tree, owned by root unless said otherwise. */
export interface DesiredDirectory {
  readonly type: 'directory'
  readonly path: string
  /** Octal text, such as `0711`. */
  readonly mode: string
  /** `root` is the host's root, whom nobody in the tenant can become. */
  readonly owner: 'root' | Owner
}

export interface TenantDirectory extends DesiredDirectory {
  /** Whether it is removed, with all that is in it, when nothing wants it any more; data as `removedData` says. */
  readonly disposable: boolean
}

/** A file that the operator writes and alone may write. */
export interface DesiredFile {
  readonly type: 'file'
  readonly path: string
  readonly content: string
  readonly mode: string
  readonly owner: 'root' | Owner
  /** Container that has to be healthy before a service that runs reads this file. */
  readonly waitsFor?: string
}

/** A random password, made once, and kept in a file that only its reader can read. */
export interface DesiredSecret {
  readonly type: 'secret'
  readonly path: string
  readonly owner: Owner
}

/** The directory of a site, filled once from the seed when it is made. */
export interface DesiredSite {
  readonly type: 'site'
  readonly domain: string
  readonly path: string
  readonly owner: Owner
  /** Absolute path of a directory beside the specs. */
  readonly seed?: string
}

export interface DesiredSchema {
  readonly type: 'schema'
  readonly service: string
  readonly name: string
  readonly owner: string
  readonly ownerSecret: string
}

export interface DesiredRoute {
  readonly type: 'route'
  readonly host: string
  /** The site's first domain, or the name of the tool that is reached by the host. */
  readonly site: string
  /** What stands in the edge's table, see `edge-entry`. */
  readonly entry: string
  /** The same, once a certificate stands. */
  readonly securedEntry: string
  /** Container that answers behind it; empty where no request reaches the tenant. */
  readonly container: string
}

export type DatabaseEngine = 'mariadb' | 'mysql' | 'postgres'

/** How the operator reaches a database engine of the tenant. */
export interface DatabaseEndpoint {
  readonly engine: DatabaseEngine
  /** Also its container's name. */
  readonly service: string
  readonly socket: string
  readonly adminSecret: string
}

/** A database engine of the tenant; its data is in the directory `data/ENGINE` of the tree. */
export interface DesiredDatabase extends DatabaseEndpoint {
  /** As the catalog names it. */
  readonly version: string
}

export interface DesiredTenant {
  readonly account: string
  /** Root of the tenant's tree; everything that is planned on disk is below it. */
  readonly tree: string
  /** Of every container. */
  readonly runtime: RuntimeClass
  readonly allocation: Allocation
  readonly limits: TenantLimits
  readonly io: IoLimits
  readonly storage: StorageLimits
  readonly bandwidth: Bandwidth
  readonly outbound: OutboundPolicy
  readonly networks: readonly DesiredNetwork[]
  readonly directories: readonly TenantDirectory[]
  readonly files: readonly DesiredFile[]
  readonly secrets: readonly DesiredSecret[]
  readonly sites: readonly DesiredSite[]
  readonly containers: readonly DesiredContainer[]
  readonly databases: readonly DesiredDatabase[]
  readonly schemas: readonly DesiredSchema[]
  readonly routes: readonly DesiredRoute[]
  /** One for each host of a route. */
  readonly certificates: readonly DesiredCertificate[]
  readonly zones: readonly DesiredZone[]
  /** What stands of these goes on as it is. */
  readonly refusedZones: readonly RefusedZone[]
  readonly jobs: readonly DesiredJob[]
}

/** What of {@link StorageLimits} the kernel holds the tenant's tree to. */
export type ObservedStorage =
  /** Nothing counts the tree, and nothing that is planned would change that. */
  | { readonly state: 'unsupported'; readonly reason: string; readonly message: string }
  /** The tree is missing, or is not counted whole; `cause` says what is wrong. */
  | { readonly state: 'uncounted'; readonly cause: string }
  | CountedStorage

export interface CountedStorage {
  readonly state: 'counted'
  /** The limit in force; {@link UNLIMITED} when there is none. */
  readonly bytes: number
  /** The same; a file system such as btrfs counts none. */
  readonly inodes: number | 'never-counted'
  /** What the tree holds, where that can be told without a limit. */
  readonly used: { readonly bytes: number | 'unknown'; readonly inodes: number | 'unknown' }
}

/** What stands on the host for one account, read in one go. */
export interface ObservedTenant {
  readonly account: string
  /** `foreign`: a user of that name stands here that is not ours. `overlapping`: someone else has ids of the allocation. */
  readonly user: 'absent' | 'foreign' | 'overlapping' | 'incomplete' | 'ours'
  /** `incomplete`: the total is limited, but not what services may take of it. */
  readonly cgroup: 'absent' | 'incomplete' | TenantLimits
  readonly io: IoLimits | Unenforced
  /** Whether what is swapped out counts as memory. */
  readonly swap: 'counted' | Unenforced
  readonly storage: ObservedStorage
  readonly sandbox: 'absent' | { readonly pid: number }
  /** `absent` also while it is kept for other addresses than the allocation's: nothing passes then. */
  readonly outbound: 'absent' | OutboundPolicy
  readonly nic: 'absent' | 'incomplete' | 'ready'
  readonly traffic: 'unknown' | Traffic
  readonly bandwidth: Bandwidth | Unenforced
  readonly engine: 'stopped' | 'running'
  /** Those that this host has. */
  readonly runtimes: ReadonlySet<RuntimeClass>
  readonly context: 'absent' | 'foreign' | 'ours'
  /** Paths of directories that are as {@link DesiredTenant} wants them. */
  readonly directories: ReadonlySet<string>
  /** Sha-256 of the content of each desired file that stands with the right owner and mode. */
  readonly files: ReadonlyMap<string, string>
  readonly secrets: ReadonlySet<string>
  readonly sites: ReadonlySet<string>
  readonly networks: ReadonlyMap<string, ObservedNetwork>
  readonly images: ReadonlySet<string>
  readonly containers: ReadonlyMap<string, ObservedContainer>
  /** Names of containers of jobs that run, or have ended and were not looked at since. */
  readonly jobs: ReadonlySet<string>
  /** Digest of the configuration each service has loaded; see {@link DesiredContainer.configFiles}. */
  readonly loadedConfig: ReadonlyMap<string, string>
  /** Per database service; missing while it can't be asked. */
  readonly databases: ReadonlyMap<string, ObservedDatabase>
  /** Table entries of this account's hosts and of hosts that its inventory names. */
  readonly routes: ReadonlyMap<string, string>
  /** Of this account's hosts; those that nothing was found out of yet are missing. */
  readonly certificates: ReadonlyMap<string, ObservedCertificate>
  /** Zones that are served for anybody, out of this account's and those that its inventory names. */
  readonly zones: ReadonlyMap<string, ObservedZone>
}

export interface ObservedNetwork {
  readonly id: string
  readonly internal: boolean
  readonly subnet: string
  readonly ipv6Subnet: 'none' | string
}

export interface ObservedContainer {
  readonly id: string
  /** Digest of what it was created from: {@link containerDigest}. */
  readonly digest: string
  readonly state: 'created' | 'running' | 'restarting' | 'exited' | 'paused' | 'dead'
  readonly health: 'starting' | 'healthy' | 'unhealthy' | 'none'
  /** Network name to network id. */
  readonly networks: ReadonlyMap<string, string>
  /** Read from the kernel; `unknown` while it doesn't run. */
  readonly limits: 'unknown' | ServiceLimits
}

export interface ObservedDatabase {
  readonly schemas: ReadonlySet<string>
  /** Users whose password and grants are as wanted, as `owner@schema`. */
  readonly owners: ReadonlySet<string>
}
