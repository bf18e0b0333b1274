// Generated from crds/ by `npm run generate`. Do not edit.

/**
 * Settings of this machine. At most one object; without it, and wherever it says nothing, the defaults hold. The daemon takes instance, dataRoot, network, pools, edge and dns when it starts; the first four stay as they are once accounts stand.
 */
export interface Host {
  apiVersion: 'palisade.dev/v1'
  kind: 'Host'
  metadata: HostMetadata
  spec: HostSpec
}
export interface HostMetadata {
  /**
   * Any name, such as the machine's own.
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
 * The settings.
 */
export interface HostSpec {
  /**
   * Tells several installations on one machine apart. Control groups, packet rules and labels bear it.
   */
  instance: string
  /**
   * Absolute path of the directory that the tenants' trees stand in. Left out, it is the daemon's state directory.
   */
  dataRoot?: string
  storage: HostStorage
  network: HostNetwork
  pools: HostPools
  edge: HostEdge
  tls: HostTls
  dns: HostDns
  images: HostImages
  domains: HostDomains
  metrics: HostMetrics
  /**
   * How often every account is looked at although nothing happened, such as `10m` or `1h30m`. At least 10s.
   */
  resync: string
  deletion: HostDeletion
}
/**
 * What the data root is on.
 */
export interface HostStorage {
  image?: HostStorageImage
}
/**
 * Keeps all trees in one file, a btrfs file system with quotas, for a machine whose own file system has none. It is made in the state directory before the first account, mounted at the data root when the daemon starts, and never formatted again. The data root is then `data` in the state directory, unless told.
 */
export interface HostStorageImage {
  /**
   * How large it may become, such as `50Gi`. At least 256Mi. The file takes of the disk what is in it. Raised, it grows at the daemon's next start; it never shrinks.
   */
  size: string | number
}
/**
 * How tenants are wired to the host.
 */
export interface HostNetwork {
  /**
   * The host end of a tenant's NIC is named by this and the tenant's number.
   */
  interfacePrefix: string
  /**
   * Private IPv4 network, /28 or wider, that nothing else on this machine uses. Each tenant gets a /30 of it.
   */
  ipv4Pool: string
  /**
   * IPv6 network, /100 or wider, out of which each tenant gets a /126. With `auto` it is a unique local prefix of this machine's own (RFC 4193), and tenants reach IPv6 under the host's address; a prefix that is routed to this machine is used as it is, without translation. `none`: tenants have IPv4 alone.
   */
  ipv6Pool: string
}
/**
 * Where user ids are taken from. Nothing else on this machine may use them.
 */
export interface HostPools {
  /**
   * User and group id of the system user of the first account; each account gets the next.
   */
  uidBase: number
  /**
   * First of the subordinate ids; each account gets 65,536 of them.
   */
  subIdBase: number
}
/**
 * The web server in front of all tenants.
 */
export interface HostEdge {
  /**
   * TCP port for HTTP.
   */
  httpPort: number
  /**
   * TCP port for HTTPS.
   */
  httpsPort: number
  /**
   * TCP port on 127.0.0.1 where Caddy asks itself for which hosts certificates may be had. Of use when 2021 is taken.
   */
  askPort: number
  /**
   * Largest body of a request that reaches a tenant; more is answered with 413. A site's own `uploadSize` may ask for less.
   */
  maxRequestBody: string | number
  /**
   * Networks of a CDN or load balancer before this machine. What their `X-Forwarded-For` says last is taken for the visitor's address; of nobody else is that header believed.
   *
   * Items: A network, IPv4 or IPv6.
   */
  trustedProxies: string[]
}
/**
 * Where certificates of sites come from.
 */
export interface HostTls {
  /**
   * Of sites that say nothing. `acme`, `internal` or `none`, as in a site's `tls.mode`.
   */
  mode: 'acme' | 'internal' | 'none'
  /**
   * Address of the directory of the ACME authority (RFC 8555).
   */
  directory: string
  /**
   * Mail address that the authority may write to.
   */
  contact?: string
  /**
   * Absolute path of a root certificate in PEM, that a private authority's own address is trusted by.
   */
  rootFile?: string
  /**
   * Name servers, such as `192.0.2.53` or `127.0.0.1:5353`, that are asked whether a name leads here. Left out, those of this machine.
   *
   * Items: An address, and a port where it is not 53.
   */
  resolvers: string[]
}
/**
 * The name server for the zones of all accounts. It runs as soon as there is a zone.
 */
export interface HostDns {
  /**
   * Public addresses of this machine, IPv4 and IPv6. Host names of sites in zones get them.
   *
   * Items: An address.
   */
  addresses: string[]
  /**
   * Names of the name servers of every zone, this machine's first, such as `ns1.provider.example`. Left out, each zone ZONE has one, `ns1.ZONE`, with this machine's addresses.
   *
   * Items: A host name.
   */
  nameServers: string[]
  /**
   * Mail address of who answers for the zones. Left out, it is `hostmaster@ZONE`.
   */
  hostmaster?: string
  /**
   * Name of this machine, that its addresses lead back to. Left out, it is the first name server.
   */
  hostName?: string
  /**
   * Networks that this machine serves the reverse zones of, such as `203.0.113.0/24` or `2001:db8::/48`. IPv4 networks end at a dot (/8, /16, /24), IPv6 networks at a digit.
   *
   * Items: A network.
   */
  reverse: string[]
  /**
   * Addresses that the name server listens on. Left out, all of them.
   *
   * Items: An address.
   */
  listen: string[]
  /**
   * UDP and TCP port of the name server.
   */
  port: number
  /**
   * TCP port on 127.0.0.1 by which the name server is controlled.
   */
  controlPort: number
  /**
   * Seconds for which resolvers keep an answer, where a zone says nothing else.
   */
  ttl: number
  /**
   * Whether zones are signed that say nothing of it.
   */
  dnssec: boolean
  /**
   * Authorities that may issue certificates for sites in zones, as CAA records name them. An empty list makes no CAA records.
   *
   * Items: Domain of an authority.
   */
  certificateAuthorities: string[]
  /**
   * Name servers that copy all zones. They follow the catalog zone (RFC 9432) `catalog.palisade.invalid`, and each has a key (TSIG, hmac-sha256), made at the first start in `dns/secondaries/KEY.key` of the state directory unless `keyFile` is given.
   */
  secondaries: HostDnsSecondarie[]
}
/**
 * One secondary.
 */
export interface HostDnsSecondarie {
  /**
   * Its address.
   */
  address: string
  /**
   * Its UDP and TCP port.
   */
  port: number
  /**
   * Name of the key.
   */
  key: string
  /**
   * Absolute path of a file that holds the key's secret, in base64 or as tsig-keygen(8) prints it.
   */
  keyFile?: string
}
/**
 * Where images of services come from.
 */
export interface HostImages {
  /**
   * What is tried first for a version that the Catalog gives both for: `recipe` builds it here out of packages, `registry` pulls it.
   */
  prefer: 'recipe' | 'registry'
  /**
   * Registry that is asked in place of every other, a mirror or one of your own, such as `registry.example:5000` or `mirror.example/docker`. What follows the registry in a reference is kept: `docker.io/library/nginx:1.27` is then `mirror.example/docker/library/nginx:1.27`. Left out, each image comes from the registry that it names.
   */
  registry?: string
  /**
   * Whether that registry may be asked over plain HTTP or with a certificate that nobody vouches for.
   */
  insecure: boolean
}
/**
 * Who may have which domain. Without a word here a domain, and what is below it, belongs to the first account that asks for it.
 */
export interface HostDomains {
  /**
   * Domains that are one account's, whoever asked for them first. This moves a domain from one account to another, and gives away a subdomain of what another account has. The nearest entry above a name counts.
   */
  assigned: HostDomainsAssigned[]
  /**
   * Domains that no account may have, with all that is below them, such as the host's own name.
   *
   * Items: Such as `panel.example.net`.
   */
  reserved: string[]
}
/**
 * One domain with all that is below it.
 */
export interface HostDomainsAssigned {
  /**
   * Such as `shop.example`.
   */
  domain: string
  /**
   * Name of the account.
   */
  account: string
}
/**
 * Metrics for Prometheus. `palisade metrics` prints them in any case.
 */
export interface HostMetrics {
  /**
   * Address and port where Prometheus may ask, such as `127.0.0.1:9469`. Everybody who reaches it can read them. Left out, nothing listens.
   */
  listen?: string
}
/**
 * What happens when accounts disappear from the specs.
 */
export interface HostDeletion {
  /**
   * At most this share of the accounts, and never fewer than one, is deleted in one pass. More wait for `confirmed`.
   */
  maxPercent: number
  /**
   * Accounts whose deletion is meant, whatever the share.
   *
   * Items: Name of an account.
   */
  confirmed: string[]
  /**
   * Whether a deleted account's sites and databases are kept in the archive.
   */
  retainData: boolean
}
