import { sha256 } from '../plan/digest.ts'
import {
  APP_SOCKETS,
  configDirectory,
  configFile,
  type KindContext,
  MEBIBYTE,
  type Rendered,
  type RoutedSite,
  SITES,
  SPOOL,
  type WebServerKind,
  withinTenant,
} from '../plan/kind.ts'
import { ADDRESSES } from '../plan/networks.ts'
import type { ResolvedService } from '../plan/resolved-account.ts'
import type { Command, DesiredFile, Owner, Reload, ServiceLimits } from '../plan/resources.ts'

/** Where the files of a web server's configuration are inside its container. */
export const WEB_CONFIG = '/etc/palisade'

/** Asked on the container's own address, as no site is. */
export const HEALTH_PATH = '/.palisade/health'

/** Where a configuration with this digest answers, once it is in force. */
export const configPath = (digest: string): string => `/.palisade/config/${digest}`

/** What the part of a configuration that is no site's own depends on. */
export interface WebMain {
  /** The only peers whose word about the client is taken. */
  readonly frontends: readonly string[]
  readonly sitesDirectory: string
  /** Inside the container, on a disk. */
  readonly spool: string
  readonly limits: ServiceLimits
  /** Tells this configuration from all others. */
  readonly digest: string
}

/** What tells one web server from another. */
export interface WebFlavour {
  readonly name: 'nginx' | 'openresty' | 'apache'
  readonly owner: Owner
  /** On the tenant's NIC, and no other's. */
  readonly port: number
  /** Of the part that is no site's own. */
  readonly mainFile: string
  readonly main: (main: WebMain) => string
  /** One site; adding, changing or removing one touches no other site's file. */
  readonly site: (routed: RoutedSite) => string
  /** Beside the configuration, by their file names; for the commands below. */
  readonly scripts: Readonly<Record<string, string>>
  readonly command: Command
  readonly environment: Readonly<Record<string, string>>
  /** Exits 0 when the path is answered with success. */
  readonly ask: (path: string) => Command
  /** Exits 0 when no request is taken any more by a configuration that does not answer the path. */
  readonly isInForce: (path: string) => Command
  readonly memoryBytes: number
  readonly pids: number
  /** Has requests end that are under way. */
  readonly stopSignal: string
  readonly reload: Reload['by']
}

const siteFiles = (directory: string, { site }: WebFlavour, sites: readonly RoutedSite[]): DesiredFile[] =>
  sites.map((routed) => ({
    ...configFile(`${directory}/sites/${routed.site.domain}.conf`, site(routed)),
    ...(routed.upstream.type === 'files' ? {} : { waitsFor: routed.upstream.container }),
  }))

const render = (
  flavour: WebFlavour,
  context: KindContext,
  service: ResolvedService,
  sites: readonly RoutedSite[],
  frontends: readonly string[],
): Rendered => {
  const { layout, allocation } = context
  const { name, owner, port } = flavour
  const directory = `${layout.config}/${name}`
  const spool = `${layout.spool}/${name}`
  const limits = withinTenant(context, flavour.memoryBytes, flavour.pids)
  const ofSites = siteFiles(directory, flavour, sites)
  const main = (digest: string): string =>
    flavour.main({ frontends, sitesDirectory: `${WEB_CONFIG}/sites`, spool: SPOOL, limits, digest })
  const digest = sha256(JSON.stringify([main(''), ofSites.map(({ path, content }) => [path, content])]))
  const files = [configFile(`${directory}/${flavour.mainFile}`, main(digest)), ...ofSites]
  return {
    directories: [
      configDirectory(directory),
      configDirectory(`${directory}/sites`),
      { type: 'directory', path: spool, mode: '0700', owner },
    ],
    files: [
      ...files,
      ...Object.entries(flavour.scripts).map(([file, content]) => configFile(`${directory}/${file}`, content)),
    ],
    container: {
      type: 'container',
      tier: 'web',
      name,
      service: name,
      image: service.image,
      runtime: context.account.runtime,
      command: flavour.command,
      environment: flavour.environment,
      workingDirectory: '/',
      user: owner,
      mounts: [
        { source: directory, target: WEB_CONFIG, readOnly: true },
        { source: layout.sites, target: SITES, readOnly: true },
        { source: `${layout.sockets}/apps`, target: APP_SOCKETS, readOnly: true },
        { source: spool, target: SPOOL, readOnly: false },
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 16 * MEBIBYTE, owner, mode: '0700', executable: false }],
      networks: [{ network: 'www', aliases: ['web'], address: ADDRESSES[name] }],
      hosts: {},
      publish: [{ hostAddress: allocation.tenantAddress, hostPort: port, containerPort: 80 }],
      health: { command: flavour.ask(HEALTH_PATH), intervalMs: 30_000, timeoutMs: 5_000, retries: 3 },
      limits,
      stopSignal: flavour.stopSignal,
      stopTimeoutSeconds: 10,
      configFiles: files.map(({ path }) => path),
      reload: { by: flavour.reload, check: flavour.isInForce(configPath(digest)) },
    },
  }
}

/** A web server: static files itself, everything else over a Unix socket of the site's runtime. */
export const webServer = (flavour: WebFlavour): WebServerKind => ({
  name: flavour.name,
  render: (context, service, sites, frontends) => render(flavour, context, service, sites, frontends),
})
