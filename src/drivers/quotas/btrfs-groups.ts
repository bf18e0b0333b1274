import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UNLIMITED } from '../../plan/resources.ts'
import { isAbsent, readKernelFile } from '../host/kernel-files.ts'

/** A quota group as the kernel tells of it: btrfs-qgroup(8), `/sys/fs/btrfs/UUID/qgroups/LEVEL_ID`. */
export interface QuotaGroup {
  /** Bytes that it may refer to; {@link UNLIMITED} when there is no limit. */
  readonly limit: number
  /** Bytes that it refers to. */
  readonly used: number
}

/** `limit_flags`: BTRFS_QGROUP_LIMIT_MAX_RFER of linux/btrfs.h. */
const LIMITS_REFERENCED = 1

const list = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

const isOn = (path: string): boolean => {
  try {
    return readFileSync(path, 'utf8').trim() === '1'
  } catch {
    return false
  }
}

/** The quota groups of one file system, read from memory of the kernel's: no program, no disk. */
export const quotaGroups = (directory: string) => {
  const groups = join(directory, 'qgroups')
  const number = (group: string, file: string): number =>
    Number(readKernelFile(join(groups, group, file)) ?? Number.NaN)
  return {
    isEnabled: (): boolean => isOn(join(groups, 'enabled')),

    /** Ids of the subvolumes that are counted, in ascending order. */
    subvolumes: (): readonly number[] =>
      list(groups)
        .flatMap((name) => /^0_(\d+)$/.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b),

    /** The group of level 1. */
    find(id: number): QuotaGroup | undefined {
      const group = `1_${id}`
      const flags = number(group, 'limit_flags')
      if (Number.isNaN(flags)) return undefined
      const isLimited = (flags & LIMITS_REFERENCED) !== 0
      return { limit: isLimited ? number(group, 'max_referenced') : UNLIMITED, used: number(group, 'referenced') }
    },
  }
}

export type QuotaGroups = ReturnType<typeof quotaGroups>
