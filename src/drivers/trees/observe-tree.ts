import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import type {
  Allocation,
  DesiredDirectory,
  DesiredFile,
  DesiredSecret,
  DesiredSite,
  Owner,
} from '../../plan/resources.ts'
import type { DesiredTree, ObservedTree } from '../../ports/host.ts'
import { hasCode } from '../system-error.ts'
import { hostIds, parseMode } from './host-ids.ts'
import { SECRET_MODE } from './secrets.ts'

const PERMISSIONS = 0o7777n
/** Nothing that the operator writes is near it; a larger file is somebody else's. */
const MAX_FILE_BYTES = 16n * 1024n * 1024n

interface SeenFile {
  /** Changes whenever the file is replaced, written, or given another owner or mode. */
  readonly fingerprint: string
  readonly digest: string
}

const look = async (path: string): Promise<BigIntStats | undefined> => {
  try {
    return await lstat(path, { bigint: true })
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

const isOwnedAs = (stats: BigIntStats, mode: number, { uid, gid }: Owner): boolean =>
  stats.uid === BigInt(uid) && stats.gid === BigInt(gid) && (stats.mode & PERMISSIONS) === BigInt(mode)

/** A file that was swapped for a link or a pipe since it was looked at is not followed, and not waited for. */
const digestOf = async (path: string): Promise<string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    return createHash('sha256')
      .update(await file.readFile())
      .digest('hex')
  } finally {
    await file.close()
  }
}

const fingerprintOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ')

/** Looks at trees. It remembers digests by file, so that looking at an unchanged tree reads no file. */
export class TreeObserver {
  readonly #seen = new Map<string, SeenFile>()

  async observe(desired: DesiredTree, allocation: Allocation): Promise<ObservedTree> {
    const [directories, files, secrets, sites] = await Promise.all([
      Promise.all(desired.directories.map((directory) => this.#directory(directory, allocation))),
      Promise.all(desired.files.map((file) => this.#file(file, allocation))),
      Promise.all(desired.secrets.map((secret) => this.#secret(secret, allocation))),
      Promise.all(desired.sites.map((site) => this.#site(site))),
    ])
    return {
      directories: new Set(directories.flat()),
      files: new Map(files.flat()),
      secrets: new Set(secrets.flat()),
      sites: new Set(sites.flat()),
    }
  }

  async #directory({ path, mode, owner }: DesiredDirectory, allocation: Allocation): Promise<string[]> {
    const stats = await look(path)
    const stands = stats?.isDirectory() && isOwnedAs(stats, parseMode(mode), hostIds(owner, allocation))
    return stands ? [path] : []
  }

  async #file({ path, mode, owner }: DesiredFile, allocation: Allocation): Promise<(readonly [string, string])[]> {
    const stats = await look(path)
    const ids = hostIds(owner, allocation)
    if (!stats?.isFile() || !isOwnedAs(stats, parseMode(mode), ids) || stats.size > MAX_FILE_BYTES) {
      this.#seen.delete(path)
      return []
    }
    const fingerprint = fingerprintOf(stats)
    const seen = this.#seen.get(path)
    if (seen?.fingerprint === fingerprint) return [[path, seen.digest]]
    const digest = await digestOf(path)
    this.#seen.set(path, { fingerprint, digest })
    return [[path, digest]]
  }

  async #secret({ path, owner }: DesiredSecret, allocation: Allocation): Promise<string[]> {
    const stats = await look(path)
    const stands = stats?.isFile() && stats.size > 0n && isOwnedAs(stats, SECRET_MODE, hostIds(owner, allocation))
    return stands ? [path] : []
  }

  async #site({ path, domain }: DesiredSite): Promise<string[]> {
    return (await look(path))?.isDirectory() ? [domain] : []
  }

  /** Forgets what it remembers of everything below a directory that is gone. */
  forget(directory: string): void {
    for (const path of this.#seen.keys()) if (path.startsWith(`${directory}/`)) this.#seen.delete(path)
  }
}
