import { APP_OWNER, type KindContext, MEBIBYTE, type Rendered, type RuntimeKind, withinTenant } from '../plan/kind.ts'
import type { ResolvedService } from '../plan/resolved-account.ts'
import { phpHealthCheck } from './php-health.ts'

const CONFIG = '/etc/palisade'
const SOCKETS = '/run/fpm'
const PING = '/.palisade/ping'
const MEMORY = 256 * MEBIBYTE
/** What one busy PHP process is expected to hold. */
const MEMORY_PER_CHILD = 32 * MEBIBYTE

const serviceName = ({ version }: ResolvedService): string => `php-${version}`

/** Children are started for requests only: an idle pool is one small process. */
const fpmConfig = (maxChildren: number): string => `[global]
error_log = /proc/self/fd/2
daemonize = no

[www]
listen = ${SOCKETS}/fpm.sock
listen.mode = 0666
listen.backlog = 511
pm = ondemand
pm.max_children = ${maxChildren}
pm.process_idle_timeout = 10s
pm.max_requests = 1000
ping.path = ${PING}
clear_env = yes
catch_workers_output = yes
decorate_workers_output = no
security.limit_extensions = .php
php_admin_flag[expose_php] = off
php_admin_flag[allow_url_include] = off
php_admin_value[session.save_path] = /tmp
php_admin_value[upload_tmp_dir] = /tmp
php_admin_value[upload_max_filesize] = 64M
php_admin_value[post_max_size] = 64M
php_admin_value[error_log] = /proc/self/fd/2
`

const render = (context: KindContext, service: ResolvedService): Rendered => {
  const { layout } = context
  const name = serviceName(service)
  const directory = `${layout.config}/${name}`
  const sockets = `${layout.sockets}/fpm/${name}`
  const limits = withinTenant(context, MEMORY, 128)
  const config = `${directory}/php-fpm.conf`
  const maxChildren = Math.max(2, Math.floor(limits.memoryBytes / MEMORY_PER_CHILD))
  return {
    directories: [
      { type: 'directory', path: directory, mode: '0755', owner: 'root' },
      { type: 'directory', path: sockets, mode: '0711', owner: APP_OWNER },
    ],
    files: [
      { type: 'file', path: config, content: fpmConfig(maxChildren), mode: '0644', owner: 'root' },
      {
        type: 'file',
        path: `${directory}/health.php`,
        content: phpHealthCheck(`${SOCKETS}/fpm.sock`, PING),
        mode: '0644',
        owner: 'root',
      },
    ],
    container: {
      type: 'container',
      name,
      image: service.image,
      command: ['php-fpm', '-F', '-y', `${CONFIG}/php-fpm.conf`],
      environment: {},
      user: APP_OWNER,
      mounts: [
        { source: directory, target: CONFIG, readOnly: true },
        { source: layout.sites, target: '/var/www', readOnly: false },
        { source: sockets, target: SOCKETS, readOnly: false },
        { source: `${layout.secrets}/app`, target: '/run/secrets', readOnly: true },
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 128 * MEBIBYTE, owner: APP_OWNER, mode: '0700' }],
      networks: [
        { network: 'www', aliases: [] },
        { network: 'db', aliases: [] },
      ],
      publish: [],
      health: {
        command: ['php', '-n', `${CONFIG}/health.php`],
        intervalMs: 30_000,
        timeoutMs: 5_000,
        retries: 3,
      },
      limits,
      stopSignal: 'SIGQUIT',
      stopTimeoutSeconds: 10,
      configFiles: [config],
      reloadSignal: 'SIGUSR2',
    },
  }
}

/** PHP-FPM: one container per version, asked by the web server over a Unix socket. */
export const php: RuntimeKind = {
  name: 'php',
  render,
  upstream: (service) => ({ type: 'fastcgi', socket: `${SOCKETS}/${serviceName(service)}/fpm.sock` }),
}
