import type { RuntimeSite } from '../plan/kind.ts'

/** What one busy PHP process is expected to hold. */
const MEMORY_PER_CHILD = 32 * 1024 * 1024

export const PING = '/.palisade/ping'

/** A value without characters that the files of php-fpm read as their own; the schema lets no other through. */
const plain = (value: string | number): string => {
  const text = String(value)
  if (!/^[A-Za-z0-9._/+-]*$/.test(text)) throw new Error(`not a value for php-fpm: ${JSON.stringify(text)}`)
  return text
}

interface FpmMain {
  readonly poolsDirectory: string
  /** Of the pool that health checks ask. */
  readonly healthSocket: string
  /** What that pool answers; tells this configuration from all others. */
  readonly digest: string
}

/** The part that is no site's own. A reload lets requests end that are under way. */
export const fpmMain = ({ poolsDirectory, healthSocket, digest }: FpmMain): string => `[global]
error_log = /proc/self/fd/2
daemonize = no
process_control_timeout = 30s
include = ${poolsDirectory}/*.conf

[palisade]
listen = ${healthSocket}
listen.mode = 0666
pm = ondemand
pm.max_children = 2
pm.process_idle_timeout = 10s
ping.path = ${PING}
ping.response = ${plain(digest)}
`

const setting = (name: string, value: string | number | boolean): string =>
  typeof value === 'boolean'
    ? `php_flag[${plain(name)}] = ${value ? 'on' : 'off'}`
    : `php_value[${plain(name)}] = ${plain(value)}`

interface Pool {
  readonly socket: string
  /** Inside the container, on a disk: uploads and sessions. */
  readonly spool: string
}

/** One site. Children are started for requests only: an idle pool is a socket. */
export const fpmPool = ({ domain, memoryBytes, uploadBytes, runtime }: RuntimeSite, { socket, spool }: Pool): string =>
  `[site-${plain(domain)}]
listen = ${socket}
listen.mode = 0666
listen.backlog = 511
pm = ondemand
pm.max_children = ${Math.max(2, Math.floor(memoryBytes / MEMORY_PER_CHILD))}
pm.process_idle_timeout = 10s
pm.max_requests = 1000
clear_env = yes
catch_workers_output = yes
decorate_workers_output = no
security.limit_extensions = .php
php_admin_flag[expose_php] = off
php_admin_flag[allow_url_include] = off
php_admin_flag[log_errors] = on
php_admin_value[error_log] = /proc/self/fd/2
php_admin_value[upload_tmp_dir] = ${spool}
php_admin_value[upload_max_filesize] = ${uploadBytes}
php_admin_value[post_max_size] = ${uploadBytes}
php_value[session.save_path] = ${spool}
php_value[session.gc_probability] = 1
${Object.entries(runtime.ini)
  .map(([name, value]) => `${setting(name, value)}\n`)
  .join('')}`
