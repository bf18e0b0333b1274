import {
  type KindContext,
  MEBIBYTE,
  type Rendered,
  type RoutedSite,
  type WebServerKind,
  withinTenant,
} from '../plan/kind.ts'
import type { ResolvedService } from '../plan/resolved-account.ts'
import type { DesiredFile } from '../plan/resources.ts'
import { nginxMain, nginxSite } from './nginx-config.ts'

const OWNER = { uid: 101, gid: 101 }
const CONFIG = '/etc/palisade'

const configFile = (path: string, content: string): DesiredFile => ({
  type: 'file',
  path,
  content,
  mode: '0644',
  owner: 'root',
})

const render = (context: KindContext, service: ResolvedService, sites: readonly RoutedSite[]): Rendered => {
  const { layout, allocation } = context
  const directory = `${layout.config}/nginx`
  const files = [
    configFile(`${directory}/nginx.conf`, nginxMain(allocation.hostAddress, `${CONFIG}/sites`)),
    ...sites.map((routed) => configFile(`${directory}/sites/${routed.site.domain}.conf`, nginxSite(routed))),
  ]
  return {
    directories: [
      { type: 'directory', path: directory, mode: '0755', owner: 'root' },
      { type: 'directory', path: `${directory}/sites`, mode: '0755', owner: 'root' },
    ],
    files,
    container: {
      type: 'container',
      name: 'nginx',
      image: service.image,
      command: ['nginx', '-c', `${CONFIG}/nginx.conf`, '-g', 'daemon off;'],
      environment: {},
      user: OWNER,
      mounts: [
        { source: directory, target: CONFIG, readOnly: true },
        { source: layout.sites, target: '/var/www', readOnly: true },
        { source: `${layout.sockets}/fpm`, target: '/run/fpm', readOnly: true },
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 64 * MEBIBYTE, owner: OWNER, mode: '0700' }],
      networks: [{ network: 'www', aliases: ['web'] }],
      publish: [{ hostAddress: allocation.tenantAddress, hostPort: 80, containerPort: 80 }],
      health: {
        command: ['curl', '-fsS', '-o', '/dev/null', '--max-time', '4', 'http://127.0.0.1/.palisade/health'],
        intervalMs: 30_000,
        timeoutMs: 5_000,
        retries: 3,
      },
      limits: withinTenant(context, 128 * MEBIBYTE, 64),
      stopSignal: 'SIGQUIT',
      stopTimeoutSeconds: 10,
      configFiles: files.map(({ path }) => path),
      reloadSignal: 'SIGHUP',
    },
  }
}

/** nginx: static files itself, everything else over a Unix socket of the site's runtime. */
export const nginx: WebServerKind = { name: 'nginx', render }
