import type { Kinds } from '../plan/kind.ts'
import { apache } from './apache.ts'
import { filemanager } from './filemanager.ts'
import { mariadb } from './mariadb.ts'
import { memcached } from './memcached.ts'
import { mysql } from './mysql.ts'
import { nginx, openresty } from './nginx.ts'
import { node } from './node.ts'
import { php } from './php.ts'
import { phpmyadmin } from './phpmyadmin.ts'
import { postgres } from './postgres.ts'
import { python } from './python.ts'
import { redis } from './redis.ts'
import { varnish } from './varnish.ts'

const byName = <K extends { readonly name: string }>(...kinds: readonly K[]): ReadonlyMap<string, K> =>
  new Map(kinds.map((kind) => [kind.name, kind]))

/** A new kind is one file beside this one and one word here. */
export const allKinds: Kinds = {
  webServers: byName(nginx, apache, openresty),
  httpCaches: byName(varnish),
  runtimes: byName(php, node, python),
  databases: byName(mariadb, mysql, postgres),
  caches: byName(redis, memcached),
  tools: byName(phpmyadmin, filemanager),
}
