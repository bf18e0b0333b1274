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
  /**
   * Whether all sites and tools answer with a page that says so, with status 503, and no request reaches the tenant. Its cron jobs rest; services and data stay as they are.
   */
  suspended: boolean
  network: AccountNetwork
  web: AccountWeb
  /**
   * Web sites, each with a directory of its own.
   */
  sites: AccountSite[]
  /**
   * Database engines, at most one of each kind. Apps reach one by its kind as host name, on the internal network.
   */
  databases: AccountDatabase[]
  /**
   * Caches, at most one of each kind. They have no network; sites that name one reach it by a Unix socket.
   */
  caches: AccountCache[]
  fileManager?: AccountFileManager
  /**
   * What runs the containers: `runc`, on the host's kernel, or `gvisor`, on a kernel of their own in user space, where the host has it. A change makes every container anew.
   */
  runtimeClass: 'runc' | 'gvisor'
  /**
   * DNS zones that this machine is the name server of. The host names of the account that lie in a zone get their addresses by themselves, wherever the zone's records don't say something else.
   */
  zones: AccountZone[]
  /**
   * What becomes of the data of a database or schema that is taken out of the spec: `retain` keeps it until it is put back, `delete` drops it for good.
   */
  removedData: 'retain' | 'delete'
}
/**
 * Ceilings of the whole tenant, its Docker engine included, enforced from the host's side. What is left out comes from the plan's defaults, or is cpu 1, memory 1Gi, pids 512, and no limit of the others. A change takes effect live.
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
  /**
   * Bytes of everything in the tenant's tree, files of every user id counted, such as `50Gi`. At least 256Mi. Left out, there is no such limit.
   */
  storage?: string | number
  /**
   * Files and directories in the tenant's tree. At least 10000, since images hold many. Left out, there is no such limit.
   */
  inodes?: number
  bandwidth?: AccountLimitsBandwidth
  io?: AccountLimitsIo
}
/**
 * What the tenant may send and receive, IPv4 and IPv6 together, web answers included. Traffic inside the tenant does not count.
 */
export interface AccountLimitsBandwidth {
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
export interface AccountLimitsIo {
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
 * Where the tenant's services may connect to. Other tenants, the host itself and the metadata service of a cloud never.
 */
export interface AccountNetwork {
  /**
   * Whether they may reach the internet.
   */
  internet: boolean
  /**
   * Whether they may send mail straight to mail servers, on TCP port 25. The ports for submission, 465 and 587, are open with the internet.
   */
  smtp: boolean
  /**
   * Whether they may call the sites that this host serves, their own among them, by their public names, as any visitor may. WordPress calls itself so.
   */
  hostedSites: boolean
  /**
   * Networks that are not the internet, and may be reached all the same, such as `192.168.10.0/24` of a database server. IPv4 or IPv6.
   *
   * Items: A network in CIDR notation.
   */
  privateRanges: string[]
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
  varnish?: AccountWebVarnish
}
/**
 * Puts a Varnish cache before the web server. The answer's header `X-Cache` tells `HIT` or `MISS`; apps purge by a request with the method `PURGE` to the host `varnish`.
 */
export interface AccountWebVarnish {
  /**
   * What the cache may hold, such as `256Mi`. At least 64Mi.
   */
  memory: string | number
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
  /**
   * Whether the aliases lead to `domain`, with the same path and query, instead of serving the site themselves.
   */
  redirectAliases: boolean
  /**
   * Whether the site answers with a page that says so, with status 503, and its cron jobs rest.
   */
  suspended: boolean
  tls: AccountSiteTls
  runtime?: AccountSiteRuntime
  /**
   * Ceiling of what the site's code may hold, such as `256Mi`, at least 64Mi. Sites that share a container share the sum. Without a runtime it says nothing.
   */
  memory: string | number
  /**
   * Names of files that answer for a directory, the first that exists. Left out, it is `index.php` and `index.html` with PHP, and `index.html` without.
   *
   * Items: A file name.
   */
  index?: string[]
  /**
   * The largest request body that the site takes, such as `64Mi`. At least 1Ki, at most 16Gi.
   */
  uploadSize: string | number
  /**
   * Paths that are answered with another address, before anything else is looked at.
   */
  redirects: AccountSiteRedirect[]
  /**
   * Headers that every answer of the site has.
   */
  headers: AccountSiteHeader[]
  /**
   * Environment variables of the site's code. For passwords use the files in `/run/secrets`.
   */
  environment: AccountSiteEnvironment[]
  /**
   * Caches of the account that the site's code may reach, such as `redis`. Their sockets are in `/run/caches/NAME`.
   *
   * Items: A cache's engine.
   */
  caches: string[]
  /**
   * Path that a Node.js or Python site is asked for to tell whether it works. Any answer below 500 will do.
   */
  healthPath: string
  /**
   * Commands that run at set times, each in a container of its own like that of the site's code.
   */
  cron: AccountSiteCron[]
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
 * How the site is reached over HTTPS.
 */
export interface AccountSiteTls {
  /**
   * Where the certificate comes from: `acme` from the Host's authority, as soon as the name leads here; `internal` from this machine's own authority, for development; `custom` from the files that `certificate` names; `none`: HTTP only. Left out, it is as the Host says. Names below `localhost` never ask the Host's authority.
   */
  mode?: 'acme' | 'internal' | 'custom' | 'none'
  certificate?: AccountSiteTlsCertificate
  /**
   * Whether requests over HTTP are sent to HTTPS, with the same path and query. With `acme` and `custom` it is done once a certificate stands, and left out it is true; else it is false.
   */
  redirect?: boolean
  hsts?: AccountSiteTlsHsts
}
/**
 * Files of the mode `custom`, in PEM. Names are relative to the spec's file; absolute ones lie on this machine. A pair that does not fit, does not cover the site's names or has expired is told of, and the former one stays.
 */
export interface AccountSiteTlsCertificate {
  /**
   * The certificate, then those that vouch for it.
   */
  chain: string
  /**
   * Its private key, without a pass phrase. Keep it out of a repository, by an absolute path.
   */
  key: string
}
/**
 * Has browsers come by HTTPS alone from their first visit on (RFC 6797). They remember it, so turn it on when HTTPS works.
 */
export interface AccountSiteTlsHsts {
  /**
   * Seconds that a browser remembers it.
   */
  maxAge: number
  /**
   * Whether it is said of all names below too.
   */
  includeSubdomains: boolean
  /**
   * Whether browsers may have it built in. Needs `includeSubdomains` and a year at least.
   */
  preload: boolean
}
/**
 * What runs the site's code: one of `php`, `node` and `python`. Without it the site's files are served as they are.
 */
export interface AccountSiteRuntime {
  /**
   * A version of PHP that the Catalog offers, in quotes, such as `"8.2"`. Sites of one version share a container, each in a pool of its own.
   */
  php?: string
  /**
   * A version of Node.js that the Catalog offers, in quotes, such as `"22"`. `entry` is run, and what listens on `PORT` is the site.
   */
  node?: string
  /**
   * A version of Python that the Catalog offers, in quotes, such as `"3.11"`. Gunicorn serves the application that `entry` names.
   */
  python?: string
  /**
   * For Node.js the file that is run, relative to the site's directory, such as `server.js`. For Python module and application, such as `app:application`. PHP has none.
   */
  entry?: string
  /**
   * How Gunicorn talks to a Python application, `wsgi` or `asgi`. Left out, it is `wsgi`.
   */
  interface?: 'wsgi' | 'asgi'
  ini?: AccountSiteRuntimeIni
}
/**
 * Settings of PHP for this site. What is not named here can't be changed.
 */
export interface AccountSiteRuntimeIni {
  /**
   * Memory of one request
   */
  memory_limit?: string
  /**
   * Seconds that a request may run.
   */
  max_execution_time?: number
  /**
   * Seconds that reading a request's input may take.
   */
  max_input_time?: number
  /**
   * Variables that a request may have.
   */
  max_input_vars?: number
  /**
   * Files that a request may upload.
   */
  max_file_uploads?: number
  /**
   * Whether errors are shown to visitors.
   */
  display_errors?: boolean
  /**
   * Which errors are reported
   */
  error_reporting?: number
  /**
   * Whether `<?` opens code.
   */
  short_open_tag?: boolean
  /**
   * Time zone
   */
  'date.timezone'?: string
  /**
   * Character set of answers
   */
  default_charset?: string
  /**
   * Seconds until an idle session may be cleared.
   */
  'session.gc_maxlifetime'?: number
  /**
   * Seconds that a session's cookie lives; 0 is until the browser ends.
   */
  'session.cookie_lifetime'?: number
  /**
   * Whether compiled code is kept.
   */
  'opcache.enable'?: boolean
  /**
   * Whether changed files are noticed.
   */
  'opcache.validate_timestamps'?: boolean
  /**
   * Seconds between looks at a file's time.
   */
  'opcache.revalidate_freq'?: number
  /**
   * Steps that a regular expression may take.
   */
  'pcre.backtrack_limit'?: number
  /**
   * Whether PHP compresses its answers.
   */
  'zlib.output_compression'?: boolean
}
/**
 * One redirect.
 */
export interface AccountSiteRedirect {
  /**
   * Path that is asked for, such as `/old`. It has to be the whole path.
   */
  from: string
  /**
   * Where to, a path of the site or an address with `https://` or `http://`.
   */
  to: string
  /**
   * Status of the answer, 301, 302, 307 or 308.
   */
  status: 301 | 302 | 307 | 308
}
/**
 * One header.
 */
export interface AccountSiteHeader {
  /**
   * Name of the header, such as `X-Frame-Options`.
   */
  name: string
  /**
   * Its value, of printable ASCII characters.
   */
  value: string
}
/**
 * One variable.
 */
export interface AccountSiteEnvironment {
  /**
   * Name of the variable.
   */
  name: string
  /**
   * Its value, any text without control characters.
   */
  value: string
}
/**
 * One job.
 */
export interface AccountSiteCron {
  /**
   * Name of the job within its site.
   */
  name: string
  /**
   * When it runs, in the five fields of crontab(5), such as `"* /15 * * * *"`.
   */
  schedule: string
  /**
   * Time zone of the schedule, such as `Europe/Vienna`.
   */
  timeZone: string
  /**
   * Program and arguments, such as `[php, artisan, "schedule:run"]`. No shell reads them. It starts in the site's directory.
   *
   * Items: Program or argument.
   */
  command: string[]
  /**
   * After this time it is ended, such as `10m`. At least 1s, at most 24h.
   */
  timeout: string
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
  admin?: AccountDatabaseAdmin
  /**
   * Schemas (databases) in the engine. They are made when they are missing; what becomes of one that is taken out, `removedData` tells.
   */
  schemas: AccountDatabaseSchema[]
}
/**
 * Serves phpMyAdmin for this engine, MySQL or MariaDB.
 */
export interface AccountDatabaseAdmin {
  /**
   * Host name that phpMyAdmin is reached by.
   */
  domain: string
  /**
   * A version of phpMyAdmin that the Catalog offers. Left out, it is the Catalog's default.
   */
  version?: string
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
/**
 * One cache.
 */
export interface AccountCache {
  /**
   * A cache that the Catalog offers, `redis` or `memcached`.
   */
  engine: string
  /**
   * A version that the Catalog offers, in quotes. Left out, it is the Catalog's default.
   */
  version?: string
  /**
   * What the cache may hold, such as `128Mi`. At least 64Mi.
   */
  memory: string | number
}
/**
 * Serves a file manager for the account's sites, behind a login. Its user is the account's name, the password is in the file `secrets/filemanager/password` of the account's tree.
 */
export interface AccountFileManager {
  /**
   * Host name that the file manager is reached by.
   */
  domain: string
  /**
   * A version that the Catalog offers. Left out, it is the Catalog's default.
   */
  version?: string
}
/**
 * One zone.
 */
export interface AccountZone {
  /**
   * Name of the zone, such as `site1.com`. It belongs to the first account that asks for it.
   */
  name: string
  /**
   * Seconds for which resolvers keep an answer. Left out, it is the Host's `dns.ttl`.
   */
  ttl?: number
  /**
   * Whether the zone is signed. Left out, the Host's `dns.dnssec` decides.
   */
  dnssec?: boolean
  /**
   * Records beside those that come by themselves. SOA and the zone's own NS are made here.
   */
  records: AccountZoneRecord[]
}
/**
 * One record.
 */
export interface AccountZoneRecord {
  /**
   * Relative to the zone, such as `www`; `@` is the zone itself, `*` anything that has no records.
   */
  name: string
  /**
   * Type of the record.
   */
  type:
    'A' | 'AAAA' | 'CAA' | 'CNAME' | 'HTTPS' | 'MX' | 'NAPTR' | 'NS' | 'PTR' | 'SRV' | 'SSHFP' | 'SVCB' | 'TLSA' | 'TXT'
  /**
   * As in a zone's file, such as `10 mail.site1.com.`. A name without a last dot is relative to the zone. TXT may be of any length.
   */
  value: string
  /**
   * Seconds. Left out, it is the zone's.
   */
  ttl?: number
}
