import { constants, readFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { undefinedIfMissing } from '../system-error.ts'

/**
 * Files that one process writes, each by one caller at a time. A write is an atomic rename, and happens only when the
 * content differs. Nothing is kept in memory: with many accounts that would be most of it.
 */
export interface JsonFiles {
  /** The text of the file; undefined when there is none. */
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

/** Synchronous: a small file of the page cache is read in less time than a promise of it takes. */
const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return undefinedIfMissing(error)
  }
}

export const createJsonFiles = (): JsonFiles => ({
  read: async (path) => readText(path),
  async write(path, text, how) {
    if (readText(path) === text) return false
    await replace(path, text, how)
    return true
  },
  async remove(path) {
    await rm(path, { force: true })
    await syncDirectory(dirname(path)).catch(undefinedIfMissing)
  },
})
