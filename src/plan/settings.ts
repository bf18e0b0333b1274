import { join } from 'node:path'
import type { ImagePreference } from './catalog-lookup.ts'

/** A file system with quotas in a file. */
export interface StorageImage {
  readonly file: string
  /** It grows to this, and never shrinks. */
  readonly sizeBytes: number
}

/** A name server elsewhere that copies all zones. */
export interface Secondary {
  readonly address: string
  readonly port: number
  /** Name of the TSIG key that it and this host know. */
  readonly key: string
  /** Absolute path of the key's secret; empty: it is made in the state directory. */
  readonly keyFile: string
}

/** The name server for the zones of all accounts. */
export interface DnsSettings {
  /** Addresses; empty: all of the host. */
  readonly listen: readonly string[]
  readonly port: number
  readonly controlPort: number
  /** Public addresses of this host, IPv4 and IPv6. */
  readonly addresses: readonly string[]
  /** Host names, this host's first; empty: each zone has one of its own. */
  readonly nameServers: readonly string[]
  /** Mail address; empty: `hostmaster@ZONE`. */
  readonly hostmaster: string
  /** Name that the host's addresses lead back to; empty: the first name server. */
  readonly hostName: string
  /** Networks of which reverse zones are served. */
  readonly reverse: readonly string[]
  /** Seconds. */
  readonly ttl: number
  readonly dnssec: boolean
  readonly certificateAuthorities: readonly string[]
  readonly secondaries: readonly Secondary[]
}

/** Where certificates of sites come from. */
export interface TlsSettings {
  /** Of sites that say nothing. */
  readonly mode: 'acme' | 'internal' | 'none'
  /** Address of the ACME authority's directory. */
  readonly directory: string
  /** Mail address; empty: none. */
  readonly contact: string
  /** Root that the authority's address is trusted by; empty: as the system does. */
  readonly rootFile: string
  /** Name servers as `dns.setServers` takes them; empty: the system's. */
  readonly resolvers: readonly string[]
}

/** The host's settings, resolved: every default filled in, every quantity a number. */
export interface HostSettings {
  /** Tells several installations on one host apart: cgroup, packet table and labels bear it. */
  readonly instance: string
  /** Records, status, images, secrets. Survives a reboot. */
  readonly stateDirectory: string
  /** Sockets, process ids, the edge's table. Made anew after a reboot. */
  readonly runDirectory: string
  /** Of machine-id(5): no other machine has it. Empty where there is none. */
  readonly machineId: string
  /** Whether the kernel had IPv6 at the daemon's start, and was not told to do without it. */
  readonly kernelIpv6: boolean
  /** Where the tenants' trees stand. */
  readonly dataRoot: string
  /** What is mounted there by us; `none`: whatever file system is there. */
  readonly storageImage: 'none' | StorageImage
  /** At most 8 characters; the host end of NIC N is this and N. */
  readonly interfacePrefix: string
  /** IPv4 network in CIDR notation, at most /28, out of which each tenant gets a /30. */
  readonly ipv4Pool: string
  /** IPv6 network in CIDR notation, at most /100, out of which each tenant gets a /126; empty: tenants and their containers have no IPv6. */
  readonly ipv6Pool: string
  readonly uidBase: number
  readonly subIdBase: number
  readonly httpPort: number
  readonly httpsPort: number
  /** On 127.0.0.1: Caddy asks itself there for which hosts certificates may be had. */
  readonly askPort: number
  /** Largest body of a request that reaches a tenant, in bytes. */
  readonly maxRequestBodyBytes: number
  /** Networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  readonly tls: TlsSettings
  readonly dns: DnsSettings
  readonly resyncMs: number
  /** At most this share of the accounts, in percent, and never fewer than one, is deleted in one pass. */
  readonly deletionMaxPercent: number
  readonly deletionConfirmed: readonly string[]
  readonly retainData: boolean
  /** What is tried first for an image that can be built and pulled. */
  readonly imagePreference: ImagePreference
  /** Registry that is asked in place of every other; empty: each image's own. */
  readonly registry: string
  /** Whether that registry is asked over plain HTTP, or with a certificate that nobody vouches for. */
  readonly registryInsecure: boolean
  readonly domains: DomainRules
  /** Address and port where Prometheus may ask; empty: nowhere but at the daemon's socket. */
  readonly metricsListen: string
}

/** Where the image stands when one is asked for. */
export const storageImageFile = (stateDirectory: string): string => join(stateDirectory, 'storage.btrfs')

/** What decides on deletions; may change while the daemon runs. */
export type DeletionPolicy = Pick<HostSettings, 'deletionMaxPercent' | 'deletionConfirmed' | 'retainData'>

/** Which registry is asked; may change while the daemon runs. */
export type RegistrySettings = Pick<HostSettings, 'registry' | 'registryInsecure'>

/** Who may have which host names, whatever was claimed; may change while the daemon runs. */
export interface DomainRules {
  /** The domain and what is below it. */
  readonly assigned: readonly { readonly domain: string; readonly account: string }[]
  /** No account may have these, or what is below them. */
  readonly reserved: readonly string[]
}

/** The directories that everything else stands in. */
export type HostDirectories = Pick<HostSettings, 'stateDirectory' | 'runDirectory' | 'dataRoot'>

/** In force at once; the rest from the daemon's start to its end. */
const LIVE: ReadonlySet<string> = new Set<keyof HostSettings>([
  'deletionMaxPercent',
  'deletionConfirmed',
  'retainData',
  'imagePreference',
  'registry',
  'registryInsecure',
  'domains',
])

/** Names of the settings that differ and wait for the daemon's next start. */
export const pendingSettings = (inForce: HostSettings, written: HostSettings): string[] => {
  const before = new Map<string, unknown>(Object.entries(inForce))
  return Object.entries(written)
    .filter(([name, value]) => !LIVE.has(name) && JSON.stringify(before.get(name)) !== JSON.stringify(value))
    .map(([name]) => name)
}

/** Where everything of the host stands. */
export const hostLayout = (settings: HostDirectories) => ({
  records: join(settings.stateDirectory, 'records'),
  status: join(settings.stateDirectory, 'status'),
  events: join(settings.stateDirectory, 'events.jsonl'),
  images: join(settings.stateDirectory, 'images'),
  archive: join(settings.dataRoot, 'archive'),
  trees: join(settings.dataRoot, 'tenants'),
  edge: join(settings.runDirectory, 'edge'),
  certificates: join(settings.stateDirectory, 'certificates'),
  tenants: join(settings.runDirectory, 'tenants'),
  apiSocket: join(settings.runDirectory, 'palisade.sock'),
  lock: join(settings.runDirectory, 'palisade.lock'),
  apparmorProfile: join(settings.runDirectory, 'apparmor-profile'),
})

/** In a directory of the tenant's user, mode 0700. `tenants` is that of {@link hostLayout}. */
export const tenantEngineSocket = (tenants: string, account: string): string =>
  join(tenants, account, 'engine', 'docker.sock')

/** Names the process that keeps the tenant's namespaces. Root's. `tenants` is that of {@link hostLayout}. */
export const tenantHolderFile = (tenants: string, account: string): string => join(tenants, account, 'holder.json')

/**
 * Where everything of a tenant stands. The tree belongs to root, group of the tenant: what a customer may write is
 * below `sites` and `data`, so no path that the operator writes to can be swapped under it.
 */
export const tenantLayout = (settings: HostSettings, account: string) => {
  const { trees, tenants } = hostLayout(settings)
  const tree = join(trees, account)
  const run = join(tenants, account)
  return {
    tree,
    home: join(tree, 'home'),
    engineData: join(tree, 'engine'),
    sites: join(tree, 'sites'),
    data: join(tree, 'data'),
    config: join(tree, 'config'),
    secrets: join(tree, 'secrets'),
    sockets: join(tree, 'sockets'),
    logs: join(tree, 'logs'),
    /** What services write while a request lasts, too large for memory. */
    spool: join(tree, 'spool'),
    /** Root's, below the run directory. */
    run,
    holderFile: tenantHolderFile(tenants, account),
    engineFile: join(run, 'engine.json'),
    engineSocket: tenantEngineSocket(hostLayout(settings).tenants, account),
    /** Which configuration each service has loaded. */
    loadedConfig: join(run, 'loaded'),
  }
}
