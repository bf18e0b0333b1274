import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pid } from 'node:process'

const WORK_PREFIX = '.build-'

/** Gives a new directory inside the cache, so that results can be renamed out of it, and removes it afterwards. */
export const inWorkDirectory = async <T>(
  cacheDirectory: string,
  work: (directory: string) => Promise<T>,
): Promise<T> => {
  const directory = join(cacheDirectory, `${WORK_PREFIX}${pid}-${randomBytes(4).toString('hex')}`)
  await mkdir(directory, { recursive: true })
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Removes what was left behind by builds and downloads whose process has died. */
export const removeAbandonedWork = async (cacheDirectory: string): Promise<void> => {
  const names = await readdir(cacheDirectory).catch(() => [])
  const abandoned = names.filter((name) => {
    const owner = new RegExp(`^\\${WORK_PREFIX}([0-9]+)-`).exec(name)?.[1]
    return owner !== undefined && !isAlive(Number(owner))
  })
  await Promise.all(abandoned.map((name) => rm(join(cacheDirectory, name), { recursive: true, force: true })))
}

const isAlive = (processId: number): boolean => {
  try {
    process.kill(processId, 0)
    return true
  } catch {
    return false
  }
}
