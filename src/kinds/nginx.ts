import { canonicalJson, sha256 } from '../plan/digest.ts'
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
import type { DesiredFile } from '../plan/resources.ts'
import { configPath, HEALTH_PATH, nginxMain, nginxSite } from './nginx-config.ts'
import { nginxInForce } from './nginx-in-force.ts'

const OWNER = { uid: 101, gid: 101 }
const CONFIG = '/etc/palisade'

/** What tells one build of nginx from another. */
interface Flavour {
  readonly name: 'nginx' | 'openresty'
  readonly mimeTypes: string
  /** On the tenant's NIC. */
  readonly port: number
}

const siteFile = (directory: string, { site, upstream }: RoutedSite): DesiredFile => ({
  ...configFile(`${directory}/sites/${site.domain}.conf`, nginxSite({ site, upstream })),
  ...(upstream.type === 'files' ? {} : { waitsFor: upstream.container }),
})

const ask = (path: string) => ['curl', '-fsS', '-o', '/dev/null', '--max-time', '4', `http://127.0.0.1${path}`] as const

const render = (
  { name, mimeTypes, port }: Flavour,
  context: KindContext,
  service: ResolvedService,
  sites: readonly RoutedSite[],
  frontends: readonly string[],
): Rendered => {
  const { layout, allocation } = context
  const directory = `${layout.config}/${name}`
  const spool = `${layout.spool}/${name}`
  const siteFiles = sites.map((routed) => siteFile(directory, routed))
  const digest = sha256(canonicalJson([frontends, siteFiles.map(({ path, content }) => [path, content])]))
  const sitesDirectory = `${CONFIG}/sites`
  const main = nginxMain({ mimeTypes, spool: SPOOL, frontends, sitesDirectory, digest })
  const files = [configFile(`${directory}/nginx.conf`, main), ...siteFiles]
  return {
    directories: [
      configDirectory(directory),
      configDirectory(`${directory}/sites`),
      { type: 'directory', path: spool, mode: '0700', owner: OWNER },
    ],
    files: [...files, configFile(`${directory}/in-force.sh`, nginxInForce)],
    container: {
      type: 'container',
      tier: 'web',
      name,
      service: name,
      image: service.image,
      command: [name, '-c', `${CONFIG}/nginx.conf`, '-g', 'daemon off;'],
      environment: {},
      workingDirectory: '/',
      user: OWNER,
      mounts: [
        { source: directory, target: CONFIG, readOnly: true },
        { source: layout.sites, target: SITES, readOnly: true },
        { source: `${layout.sockets}/apps`, target: APP_SOCKETS, readOnly: true },
        { source: spool, target: SPOOL, readOnly: false },
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 16 * MEBIBYTE, owner: OWNER, mode: '0700', executable: false }],
      networks: [{ network: 'www', aliases: ['web'], address: ADDRESSES[name] }],
      hosts: {},
      publish: [{ hostAddress: allocation.tenantAddress, hostPort: port, containerPort: 80 }],
      health: { command: ask(HEALTH_PATH), intervalMs: 30_000, timeoutMs: 5_000, retries: 3 },
      limits: withinTenant(context, 128 * MEBIBYTE, 64),
      stopSignal: 'SIGQUIT',
      stopTimeoutSeconds: 10,
      configFiles: files.map(({ path }) => path),
      reload: { by: { signal: 'SIGHUP' }, check: ['sh', `${CONFIG}/in-force.sh`, configPath(digest)] },
    },
  }
}

const flavoured = (flavour: Flavour): WebServerKind => ({
  name: flavour.name,
  render: (context, service, sites, frontends) => render(flavour, context, service, sites, frontends),
})

/** nginx: static files itself, everything else over a Unix socket of the site's runtime. */
export const nginx = flavoured({ name: 'nginx', mimeTypes: '/etc/nginx/mime.types', port: 80 })

/** OpenResty is nginx with Lua inside; its configuration is nginx's. */
export const openresty = flavoured({
  name: 'openresty',
  mimeTypes: '/usr/local/openresty/nginx/conf/mime.types',
  port: 82,
})
