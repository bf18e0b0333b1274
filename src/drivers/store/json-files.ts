import { type BigIntStats, constants, statSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ignoreMissing } from './missing.ts'

/**
 * Files that one process writes, each by one caller at a time. A write is an atomic rename, and happens only when the
 * content differs.
 */
export interface JsonFiles {
  /** The text of the file; undefined when there is none. Reads only what changed since it was last read or written. */
  read(path: string): Promise<string | undefined>
  /** True when the file was written. */
  write(path: string, text: string, how: WriteOptions): Promise<boolean>
  remove(path: string): Promise<void>
}

export interface WriteOptions {
  readonly mode: number
  /** Makes the directory of the file where it is missing. */
  readonly ensureDirectory: (path: string) => Promise<void>
  /** `durable`: it is on the disk before the write returns. */
  readonly durability: 'durable' | 'lazy'
}

interface Known {
  /** Which file it was, in which state. */
  readonly stamp: string
  readonly text: string
}

const stampOf = ({ ino, size, ctimeNs }: BigIntStats): string => `${ino}:${size}:${ctimeNs}`

/** Synchronous: for a file of the page cache, a promise costs more than the call. */
const readStamp = (path: string): string | undefined => {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found && stampOf(found)
}

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

const writeWhole = async (path: string, text: string, { mode, durability }: WriteOptions): Promise<void> => {
  const file = await open(path, 'w', mode)
  try {
    await file.writeFile(text)
    await file.chmod(mode)
    if (durability === 'durable') await file.sync()
  } finally {
    await file.close()
  }
}

const replace = async (path: string, text: string, how: WriteOptions): Promise<void> => {
  const unfinished = `${path}.new`
  await how.ensureDirectory(dirname(path))
  try {
    await writeWhole(unfinished, text, how)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  if (how.durability === 'durable') await syncDirectory(dirname(path))
}

export const createJsonFiles = (): JsonFiles => {
  /** What a file held when it was last read or written here; valid while its stamp is the same. */
  const known = new Map<string, Known>()

  const read = async (path: string): Promise<string | undefined> => {
    const stamp = readStamp(path)
    const before = known.get(path)
    if (stamp !== undefined && before?.stamp === stamp) return before.text
    known.delete(path)
    if (stamp === undefined) return undefined
    const text = await readFile(path, 'utf8').catch(ignoreMissing)
    if (text !== undefined) known.set(path, { stamp, text })
    return text
  }

  return {
    read,
    async write(path, text, how) {
      if ((await read(path)) === text) return false
      await replace(path, text, how)
      const stamp = readStamp(path)
      if (stamp !== undefined) known.set(path, { stamp, text })
      return true
    },
    async remove(path) {
      known.delete(path)
      await rm(path, { force: true })
      await syncDirectory(dirname(path)).catch(ignoreMissing)
    },
  }
}
