import { chmod, lstat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type StorageLimits, UNLIMITED } from '../../plan/resources.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Clock } from '../../ports/store.ts'
import { findBtrfs } from '../host/btrfs-directory.ts'
import type { Mount } from '../host/mounts.ts'
import { ProgramError, type RunProgram } from '../host/program.ts'
import { undefinedIfMissing } from '../system-error.ts'
import { type QuotaGroups, quotaGroups } from './btrfs-groups.ts'
import { SubvolumeIndex } from './btrfs-subvolumes.ts'
import type { CountedTree, FileSystemQuotas, Unsupported } from './file-system-quotas.ts'

export interface BtrfsQuotasOptions {
  readonly mount: Mount
  readonly runProgram: RunProgram
  readonly clock: Pick<Clock, 'now'>
}

/** BTRFS_FIRST_FREE_OBJECTID of linux/btrfs_tree.h: the inode number of each subvolume's top, and of nothing else. */
const SUBVOLUME_INODE = 256

/** The kernel counts what the tree holds already before it answers. */
const ASSIGN_MS = 600_000

const notSubvolume = (tree: string): Unsupported => ({
  reason: 'TreeNotSubvolume',
  message: `${tree} was made before storage could be limited here, as a directory and not as a btrfs subvolume: while palisade is down, rename it, run btrfs subvolume create ${tree}, move what was in it there with cp -a --reflink=always, and give it the former owner and mode`,
})

/** Of btrfs-qgroup(8) for what is so already. */
const ignoreExisting = (error: unknown): void => {
  if (!(error instanceof ProgramError && error.stderr.includes('File exists'))) throw error
}

type TreeKind = 'missing' | 'directory' | 'subvolume'

const kindOf = async (path: string): Promise<TreeKind> => {
  const stats = await lstat(path).catch(undefinedIfMissing)
  if (stats === undefined) return 'missing'
  return stats.isDirectory() && stats.ino === SUBVOLUME_INODE ? 'subvolume' : 'directory'
}

const limitArgument = ({ bytes }: StorageLimits): string => (bytes === UNLIMITED ? 'none' : `${bytes}`)

/** What a tree's groups are made and read with. */
interface Btrfs {
  readonly groups: QuotaGroups
  readonly subvolumes: SubvolumeIndex
  /** Path of a tree from the top of its file system. */
  readonly inside: (path: string) => string
  readonly run: (...args: readonly string[]) => Promise<string>
}

const observeTree = async ({ groups, subvolumes, inside }: Btrfs, { path, id }: CountedTree) => {
  const kind = await kindOf(path)
  if (kind === 'missing') return { state: 'uncounted', cause: `the tree ${path} is missing` } as const
  if (kind === 'directory') return { state: 'unsupported', ...notSubvolume(path) } as const
  const group = groups.find(id)
  if (group === undefined) return { state: 'uncounted', cause: `nothing counts the tree ${path}` } as const
  const outside = await subvolumes.outside(inside(path), id)
  if (outside.length > 0) return { state: 'uncounted', cause: `a subvolume in ${path} is not counted` } as const
  const used = { bytes: group.used, inodes: 'unknown' } as const
  return { state: 'counted', bytes: group.limit, inodes: 'never-counted', used } as const
}

const ensureTree = async (
  { groups, subvolumes, inside, run }: Btrfs,
  mountPoint: string,
  { path, id }: CountedTree,
  limits: StorageLimits,
): Promise<void> => {
  const kind = await kindOf(path)
  if (kind === 'directory') {
    const { reason, message } = notSubvolume(path)
    throw new TerminalError(reason, message)
  }
  const group = `1/${id}`
  if (groups.find(id) === undefined) await run('qgroup', 'create', group, mountPoint).catch(ignoreExisting)
  await run('qgroup', 'limit', limitArgument(limits), group, mountPoint)
  if (kind === 'missing') {
    await run('subvolume', 'create', '-i', group, path)
    return chmod(path, 0o700)
  }
  for (const subvolume of await subvolumes.outside(inside(path), id)) {
    await run('qgroup', 'assign', `0/${subvolume}`, group, mountPoint).catch(ignoreExisting)
    subvolumes.assigned(subvolume, id)
  }
}

const dropTree = async ({ groups, subvolumes, run }: Btrfs, mountPoint: string, { id }: CountedTree): Promise<void> => {
  if (groups.find(id) === undefined) return
  const group = `1/${id}`
  await run('qgroup', 'limit', 'none', group, mountPoint)
  for (const subvolume of await subvolumes.membersOf(id)) {
    await run('qgroup', 'remove', `0/${subvolume}`, group, mountPoint)
    subvolumes.removed(subvolume)
  }
  await run('qgroup', 'destroy', group, mountPoint)
}

/**
 * Quota groups of btrfs: a tree is a subvolume, and a group of level 1 counts it, together with any subvolume that the
 * tenant may have made in it, which it can without any privilege.
 */
export const btrfsQuotas = (options: BtrfsQuotasOptions): FileSystemQuotas => {
  const { mount, runProgram, clock } = options
  const { mountPoint } = mount
  // Without it no group is found, and quotas count as not enabled.
  const groups = quotaGroups(findBtrfs('/sys', mount.source)?.path ?? '/sys/fs/btrfs/none')
  const run = (...args: readonly string[]): Promise<string> => runProgram('btrfs', args, { timeoutMs: ASSIGN_MS })
  const btrfs: Btrfs = {
    groups,
    subvolumes: new SubvolumeIndex({ mountPoint, groups, run, clock }),
    inside: (path) => join(mount.root, relative(mountPoint, path)).slice(1),
    run,
  }
  return {
    unsupported: () =>
      groups.isEnabled()
        ? undefined
        : {
            reason: 'QuotaNotEnabled',
            message: `quotas are not enabled on the btrfs file system at ${mountPoint}: run btrfs quota enable ${mountPoint}`,
          },
    observe: (tree) => observeTree(btrfs, tree),
    uncounted: (trees) => btrfs.subvolumes.uncountedBelow(btrfs.inside(trees)),
    ensure: (tree, limits) => ensureTree(btrfs, mountPoint, tree, limits),
    drop: (tree) => dropTree(btrfs, mountPoint, tree),
  }
}
