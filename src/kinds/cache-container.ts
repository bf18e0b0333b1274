import {
  CACHE_SOCKETS,
  cacheSocket,
  cacheSockets,
  type KindContext,
  MEBIBYTE,
  type Rendered,
  withinTenant,
} from '../plan/kind.ts'
import { wholePages } from '../plan/pages.ts'
import type { ResolvedCache } from '../plan/resolved-account.ts'
import type { Command, Owner } from '../plan/resources.ts'

/** Beside what a cache holds: the program and its connections, and a fifth for what its allocator can't use. */
const OVERHEAD = 32 * MEBIBYTE
const USABLE = 4 / 5

/** What tells one sort of cache from another. */
export interface CacheProgram {
  readonly name: string
  readonly owner: Owner
  /** Listens on `socket` alone, for all users, and forgets before it holds more than `bytes`. */
  command(socket: string, bytes: number): Command
  /** Exits 0 when a command on `socket` is answered. */
  health(socket: string): Command
}

/** One container without any network; what it holds ends with it. It forgets before its limit would end it. */
export const renderCache = (context: KindContext, cache: ResolvedCache, program: CacheProgram): Rendered => {
  const { name, owner } = program
  const directory = cacheSockets(context, name)
  const socket = cacheSocket(name)
  const limits = withinTenant(context, wholePages(OVERHEAD + cache.memoryBytes / USABLE), 64)
  const bytes = Math.min(cache.memoryBytes, Math.floor((limits.memoryBytes - OVERHEAD) * USABLE))
  return {
    directories: [{ type: 'directory', path: directory, mode: '0711', owner }],
    container: {
      type: 'container',
      tier: 'backend',
      name,
      service: name,
      image: cache.image,
      runtime: context.account.runtime,
      command: program.command(socket, bytes),
      environment: {},
      workingDirectory: '/',
      user: owner,
      mounts: [{ source: directory, target: `${CACHE_SOCKETS}/${name}`, readOnly: false }],
      tmpfs: [{ target: '/tmp', sizeBytes: MEBIBYTE, owner, mode: '0700', executable: false }],
      networks: [],
      hosts: {},
      publish: [],
      health: { command: program.health(socket), intervalMs: 30_000, timeoutMs: 5_000, retries: 3 },
      limits,
      stopSignal: 'SIGTERM',
      stopTimeoutSeconds: 10,
      configFiles: [],
      reload: 'never',
    },
  }
}
