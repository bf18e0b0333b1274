import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * When a file of `paths`, or of a directory there, was put there last: milliseconds since the epoch, 0 when there is none.
 * Links count themselves, not what they lead to. It is the time that the file system keeps by itself: packages come with
 * times of writing that mean nothing.
 */
export const newestChange = async (paths: readonly string[]): Promise<number> => {
  const times = await Promise.all(
    paths.map(async (path) => {
      const stats = await lstat(path).catch(() => undefined)
      if (stats === undefined) return 0
      if (!stats.isDirectory()) return stats.ctimeMs
      return newestChange((await readdir(path)).map((name) => join(path, name)))
    }),
  )
  return Math.max(0, ...times)
}
