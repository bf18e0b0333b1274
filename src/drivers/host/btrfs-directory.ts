import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isAbsent, readKernelFile } from './kernel-files.ts'

/** As stat(2) has it, taken apart as makedev(3) puts it together for numbers below 2^32. */
const deviceNumber = (path: string): string | undefined => {
  try {
    const rdev = BigInt(statSync(path).rdev)
    return `${(rdev >> 8n) & 0xfffn}:${(rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)}`
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

const directoriesIn = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : [])

export interface BtrfsDirectory {
  /** Of the kernel's, about one file system. */
  readonly path: string
  /** Every device of it, as `major:minor`. */
  readonly devices: readonly string[]
}

/** What the kernel tells of the btrfs that `source` is one of the devices of. `sysRoot` is usually `/sys`. */
export const findBtrfs = (sysRoot: string, source: string): BtrfsDirectory | undefined => {
  const named = deviceNumber(source)
  if (named === undefined) return undefined
  const all = join(sysRoot, 'fs/btrfs')
  for (const id of directoriesIn(all)) {
    const own = join(all, id, 'devices')
    const devices = directoriesIn(own).flatMap((name) => readKernelFile(join(own, name, 'dev')) ?? [])
    if (devices.includes(named)) return { path: join(all, id), devices }
  }
  return undefined
}
