import type { DesiredNetwork } from './resources.ts'

/** Every tenant has its own network namespace, so all use the same subnets. */
export const NETWORKS: readonly DesiredNetwork[] = [
  { type: 'network', name: 'www', subnet: '172.30.0.0/24', dynamicRange: '172.30.0.128/25', internal: false },
  { type: 'network', name: 'db', subnet: '172.30.1.0/24', dynamicRange: '172.30.1.128/25', internal: true },
]

/**
 * Services that others find by name. Fixed addresses need neither the engine's resolver, which is gone while the engine
 * is, nor a start in a certain order.
 */
export const ADDRESSES = {
  varnish: '172.30.0.9',
  nginx: '172.30.0.10',
  apache: '172.30.0.11',
  openresty: '172.30.0.12',
  mariadb: '172.30.1.10',
  mysql: '172.30.1.11',
  postgres: '172.30.1.12',
} as const

const { varnish, mariadb, mysql, postgres } = ADDRESSES

/** What the code of a site finds by name, whether the account has it or not: what it has may change under it. */
export const APP_HOSTS: Readonly<Record<string, string>> = { varnish, mariadb, mysql, postgres }
