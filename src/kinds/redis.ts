import type { CacheKind } from '../plan/kind.ts'
import type { Command } from '../plan/resources.ts'
import { renderCache } from './cache-container.ts'

const NAME = 'redis'

/**
 * What apps may do: all that is neither for administrators nor dangerous (`CONFIG`, `DEBUG`, `MODULE`, `REPLICAOF`,
 * `SHUTDOWN`, see `ACL CAT`), but those of the dangerous ones that clients and frameworks use and that harm nobody else.
 */
const ALLOWED = ['FLUSHALL', 'FLUSHDB', 'INFO', 'KEYS', 'RESTORE', 'SORT'].map((word) => `+${word.toLowerCase()}`)

const command = (socket: string, bytes: number): Command => [
  'redis-server',
  ...['--port', '0', '--unixsocket', socket, '--unixsocketperm', '666'],
  ...['--maxmemory', `${bytes}`, '--maxmemory-policy', 'allkeys-lru'],
  ...['--save', '', '--appendonly', 'no', '--dir', '/tmp'],
  ...['--user', 'default', 'on', 'nopass', '~*', '&*', '+@all', '-@admin', '-@dangerous', ...ALLOWED],
]

/** Redis as a cache: nothing is written to disk, and what was used least goes when its memory is full. */
export const redis: CacheKind = {
  name: NAME,
  render: (context, cache) =>
    renderCache(context, cache, {
      name: NAME,
      owner: { uid: 996, gid: 996 },
      command,
      health: (socket) => ['redis-cli', '-e', '-s', socket, 'ping'],
    }),
}
