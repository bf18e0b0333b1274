import type { Allocation, DesiredNetwork, ObservedNetwork } from './resources.ts'

/** Unique local, RFC 4193; never seen outside of a tenant's network namespace. */
export const CONTAINERS_IPV6 = 'fd5c:9f6e:1e30::/64'

const WWW = { type: 'network', name: 'www', subnet: '172.30.0.0/24', dynamicRange: '172.30.0.128/25' } as const
const DB = { type: 'network', name: 'db', subnet: '172.30.1.0/24', dynamicRange: '172.30.1.128/25' } as const

/** Every tenant has its own network namespace, so all use the same subnets. Only what has a way out needs IPv6. */
export const networksOf = ({ ipv6 }: Pick<Allocation, 'ipv6'>): readonly DesiredNetwork[] => [
  { ...WWW, ipv6Subnet: ipv6 === 'none' ? 'none' : CONTAINERS_IPV6, internal: false },
  { ...DB, ipv6Subnet: 'none', internal: true },
]

/** What an engine can't change of a network that stands. */
export const isSameNetwork = (seen: Omit<ObservedNetwork, 'id'>, wanted: DesiredNetwork): boolean =>
  seen.internal === wanted.internal && seen.subnet === wanted.subnet && seen.ipv6Subnet === wanted.ipv6Subnet

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
