import { sha256 } from '../plan/digest.ts'
import {
  APP_OWNER,
  APP_SOCKETS,
  cacheMounts,
  configDirectory,
  configFile,
  type KindContext,
  MEBIBYTE,
  type RenderedRuntime,
  type RuntimeKind,
  type RuntimeSite,
  revisionName,
  SITES,
  SPOOL,
  socketName,
  totalMemory,
  withinTenant,
} from '../plan/kind.ts'
import { APP_HOSTS } from '../plan/networks.ts'
import type { DesiredFile } from '../plan/resources.ts'
import { fpmMain, fpmPool, PING } from './php-config.ts'
import { phpHealthCheck } from './php-health.ts'

const CONFIG = '/etc/palisade'

const render = (context: KindContext, sites: readonly [RuntimeSite, ...RuntimeSite[]]): RenderedRuntime => {
  const { layout } = context
  const { caches, runtime } = sites[0]
  const { image, version } = runtime
  const service = ['php', version, ...caches].join('-')
  const name = revisionName(service, [image.name, caches])
  const directory = `${layout.config}/${name}`
  const sockets = `${layout.sockets}/apps/${name}`
  const healthSocket = `${APP_SOCKETS}/${name}/health.sock`
  const socketOf = ({ domain }: RuntimeSite): string => `${APP_SOCKETS}/${name}/${socketName(domain)}`
  const pools: DesiredFile[] = sites.map((site) =>
    configFile(`${directory}/pools/${site.domain}.conf`, fpmPool(site, { socket: socketOf(site), spool: SPOOL })),
  )
  const digest = sha256(JSON.stringify(pools.map(({ path, content }) => [path, content])))
  const main = configFile(
    `${directory}/php-fpm.conf`,
    fpmMain({ poolsDirectory: `${CONFIG}/pools`, healthSocket, digest }),
  )
  const ask = ['php', '-n', `${CONFIG}/health.php`, healthSocket] as const
  return {
    upstreams: new Map(
      sites.map((site) => [site.domain, { type: 'fastcgi', socket: socketOf(site), container: name }]),
    ),
    directories: [
      configDirectory(directory),
      configDirectory(`${directory}/pools`),
      { type: 'directory', path: sockets, mode: '0711', owner: APP_OWNER },
      { type: 'directory', path: `${layout.spool}/php`, mode: '0700', owner: APP_OWNER },
    ],
    files: [main, ...pools, configFile(`${directory}/health.php`, phpHealthCheck(PING))],
    container: {
      type: 'container',
      tier: 'backend',
      name,
      service,
      image,
      runtime: context.account.runtime,
      command: ['php-fpm', '-F', '-y', `${CONFIG}/php-fpm.conf`],
      environment: {},
      workingDirectory: '/',
      user: APP_OWNER,
      mounts: [
        { source: directory, target: CONFIG, readOnly: true },
        { source: layout.sites, target: SITES, readOnly: false },
        { source: sockets, target: `${APP_SOCKETS}/${name}`, readOnly: false },
        { source: `${layout.spool}/php`, target: SPOOL, readOnly: false },
        { source: `${layout.secrets}/app`, target: '/run/secrets', readOnly: true },
        ...cacheMounts(context, caches),
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 128 * MEBIBYTE, owner: APP_OWNER, mode: '0700', executable: false }],
      networks: [
        { network: 'www', aliases: [] },
        { network: 'db', aliases: [] },
      ],
      hosts: APP_HOSTS,
      publish: [],
      health: { command: ask, intervalMs: 30_000, timeoutMs: 5_000, retries: 3 },
      limits: withinTenant(context, totalMemory(sites), 128 * sites.length),
      stopSignal: 'SIGQUIT',
      stopTimeoutSeconds: 30,
      configFiles: [main, ...pools].map(({ path }) => path),
      reload: { by: { signal: 'SIGUSR2' }, check: [...ask, digest] },
    },
  }
}

/**
 * PHP-FPM: one container per version with a pool per site, each asked by the web server over a Unix socket. Sites that
 * reach other caches are in another container, since all code in one sees the same sockets.
 */
export const php: RuntimeKind = { name: 'php', groupKey: ({ caches }) => caches.join(), render }
