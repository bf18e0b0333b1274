import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Unenforced } from '../../plan/resources.ts'
import type { Clock } from '../../ports/store.ts'
import { findBtrfs } from './btrfs-directory.ts'
import { readKernelFile } from './kernel-files.ts'
import { mountOf, nearestExisting } from './mounts.ts'

/** Whole disks as `major:minor`, the name by which the kernel limits them. */
export type Disks = readonly string[] | Unenforced

export interface DisksOptions {
  /** What is to be limited stands below it; it need not exist yet. */
  readonly path: string
  /** Usually `/proc`. */
  readonly procRoot: string
  /** Usually `/sys`. */
  readonly sysRoot: string
  readonly clock: Pick<Clock, 'now'>
}

const KEPT_MS = 1000

/** The kernel limits disks, not partitions of them. */
const wholeDisk = (sysRoot: string, device: string): string => {
  const link = join(sysRoot, 'dev/block', device)
  if (!existsSync(join(link, 'partition'))) return device
  return readKernelFile(join(dirname(realpathSync(link)), 'dev')) ?? device
}

const findDisks = ({ path, procRoot, sysRoot }: DisksOptions): Disks => {
  const mounted = mountOf(readKernelFile(join(procRoot, 'self/mountinfo')) ?? '', nearestExisting(path))
  const reason = 'NoBlockDevice'
  if (mounted === undefined) return { reason, message: `no mount holds ${path}` }
  const { device, type, source } = mounted
  const devices = device.startsWith('0:')
    ? type === 'btrfs'
      ? (findBtrfs(sysRoot, source)?.devices ?? [])
      : []
    : [device]
  if (devices.length > 0) return [...new Set(devices.map((each) => wholeDisk(sysRoot, each)))]
  return { reason, message: `${path} is on ${type}, of which the kernel names no disk that could be limited` }
}

/** Finds the disks that a path is on, at most once a second: looks at all accounts ask together. */
export const createDisks = (options: DisksOptions): (() => Disks) => {
  let found: { readonly disks: Disks; readonly at: number } | undefined
  return () => {
    const now = options.clock.now()
    if (found === undefined || now - found.at > KEPT_MS || now < found.at)
      found = { disks: findDisks(options), at: now }
    return found.disks
  }
}
