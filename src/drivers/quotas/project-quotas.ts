import { mkdir, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type CountedStorage, type StorageLimits, UNLIMITED } from '../../plan/resources.ts'
import type { Mount } from '../host/mounts.ts'
import { ProgramError, type RunProgram } from '../host/program.ts'
import { hasCode, undefinedIfMissing } from '../system-error.ts'
import type { FileSystemQuotas, Unsupported } from './file-system-quotas.ts'

export interface ProjectQuotasOptions {
  readonly mount: Mount
  readonly type: 'ext4' | 'xfs'
  readonly runProgram: RunProgram
}

/** What statfs(2) tells of a directory. */
export interface Filling {
  readonly bsize: number
  readonly blocks: number
  readonly bfree: number
  readonly files: number
  readonly ffree: number
}

/** Every file of a large tree is looked at once. */
const MARKING_MS = 600_000

/** Blocks of file systems are no larger on this architecture's pages. */
const BLOCK_BYTES = 4096

const ENABLED = ['prjquota', 'pquota']

const wayOut = ({ mountPoint, source }: Mount, type: 'ext4' | 'xfs'): string =>
  type === 'xfs'
    ? `mount ${mountPoint} with the option prjquota; for a root file system, boot with rootflags=prjquota`
    : `run tune2fs -O project,quota ${source} while it is not mounted, then mount ${mountPoint} with the option prjquota`

/**
 * One of the two numbers that a tree is held to. A file system tells the limit of a tree's project as the size of the whole,
 * unless the whole is smaller: a limit beyond that is as good as in force, for nobody could ever reach it.
 */
const limitSeen = (tree: number, whole: number, wanted: number): number => {
  if (tree < whole) return tree
  return wanted >= whole ? wanted : UNLIMITED
}

/**
 * What statfs(2) says of a tree, read against the same of the whole file system. XFS and ext4 answer for a directory that
 * hands its project on as if the project's limit were the disk: `xfs_qm_statvfs`, `ext4_statfs_project`.
 */
export const parseFilling = (tree: Filling, whole: Filling, wanted: StorageLimits): CountedStorage => {
  const bytes = limitSeen(tree.blocks * tree.bsize, whole.blocks * whole.bsize, wanted.bytes)
  const inodes = limitSeen(tree.files, whole.files, wanted.inodes)
  const isLimited = (limit: number): boolean => limit !== UNLIMITED
  return {
    state: 'counted',
    bytes,
    inodes,
    used: {
      bytes: isLimited(bytes) && tree.blocks < whole.blocks ? (tree.blocks - tree.bfree) * tree.bsize : 'unknown',
      inodes: isLimited(inodes) && tree.files < whole.files ? tree.files - tree.ffree : 'unknown',
    },
  }
}

/** Whether a limit shows in the tree, which then hands its project on. */
const isNarrower = (tree: Filling, whole: Filling): boolean => tree.blocks < whole.blocks || tree.files < whole.files

/** For xfs_quota(8), which reads commands as text: a path of ours has nothing in it that it could misread. */
const plainPath = (path: string): string => {
  if (!/^(\/|(\/[A-Za-z0-9_.-]+)+)$/.test(path))
    throw new RangeError(`${JSON.stringify(path)} can't be told to xfs_quota`)
  return path
}

const plainNumber = (value: number): string => {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} can't be told to xfs_quota`)
  return `${value}`
}

/** 0 stands for none. */
const blockLimit = (bytes: number): string =>
  bytes === UNLIMITED ? '0' : `${Math.max(1, Math.floor(bytes / BLOCK_BYTES)) * (BLOCK_BYTES / 1024)}k`

const inodeLimit = (inodes: number): string => (inodes === UNLIMITED ? '0' : plainNumber(inodes))

/** The commands of xfs_quota(8), each an argument of its own. */
export const limitCommand = (id: number, { bytes, inodes }: StorageLimits): string =>
  `limit -p bsoft=0 bhard=${blockLimit(bytes)} isoft=0 ihard=${inodeLimit(inodes)} ${plainNumber(id)}`

export const markCommand = (id: number, path: string): string => `project -s -p ${plainPath(path)} ${plainNumber(id)}`

export const unmarkCommand = (id: number, path: string): string => `project -C -p ${plainPath(path)} ${plainNumber(id)}`

/** For find(1), which calls chattr(1): directories first, so that what is made from then on belongs to the project. */
export const markFilledArguments = (id: number, path: string): readonly (readonly string[])[] => {
  const below = [plainPath(path), '-xdev']
  const mark = ['-exec', 'chattr', '-p', plainNumber(id)]
  return [
    [...below, '-type', 'd', ...mark, '+P', '{}', '+'],
    [...below, '-type', 'f', ...mark, '{}', '+'],
  ]
}

/** Services that run remove files while they are looked at. */
const ignoreVanished = (error: unknown): void => {
  const lines = error instanceof ProgramError ? error.stderr.split('\n') : ['']
  if (!lines.every((line) => line.includes('No such file or directory'))) throw error
}

/** Project quotas of XFS and ext4: every file below a tree belongs to its project, whoever owns the file. */
export const projectQuotas = ({ mount, type, runProgram }: ProjectQuotasOptions): FileSystemQuotas => {
  const { mountPoint } = mount
  // -f: of ext4 too.
  const quota = (...commands: readonly string[]): Promise<string> =>
    runProgram('xfs_quota', ['-f', '-x', ...commands.flatMap((command) => ['-c', command]), plainPath(mountPoint)], {
      timeoutMs: MARKING_MS,
    })

  /** ext4 takes the mark that hands a project on for directories alone, and xfs_quota gives it to files too. */
  const markFilled = async (id: number, path: string): Promise<void> => {
    if (type === 'xfs') return void (await quota(markCommand(id, path)))
    for (const args of markFilledArguments(id, path))
      await runProgram('find', args, { timeoutMs: MARKING_MS }).catch(ignoreVanished)
  }

  const unsupported = (): Unsupported | undefined =>
    ENABLED.some((option) => mount.options.has(option))
      ? undefined
      : {
          reason: 'QuotaNotEnabled',
          message: `project quotas are not enabled on ${mountPoint}: ${wayOut(mount, type)}`,
        }

  return {
    unsupported,
    async observe({ path }, wanted) {
      const tree = await statfs(path).catch(undefinedIfMissing)
      if (tree === undefined) return { state: 'uncounted', cause: `the tree ${path} is missing` }
      // Beside the trees nothing is counted.
      return parseFilling(tree, await statfs(dirname(path)), wanted)
    },
    // A project is handed on to all that is made below it, and only the host's root may change it.
    uncounted: async () => [],
    async ensure({ path, id }, limits) {
      const made = await mkdir(path, { mode: 0o700 }).then(
        () => true,
        (error: unknown) => {
          if (!hasCode(error, 'EEXIST')) throw error
          return false
        },
      )
      if (made) await quota(markCommand(id, path))
      else if (!isNarrower(await statfs(path), await statfs(dirname(path)))) await markFilled(id, path)
      await quota(limitCommand(id, limits))
    },
    async drop({ path, id }) {
      await quota(limitCommand(id, { bytes: UNLIMITED, inodes: UNLIMITED }))
      const stands = (await statfs(path).catch(undefinedIfMissing)) !== undefined
      if (stands) await quota(unmarkCommand(id, path))
    },
  }
}
