import { constants } from 'node:fs'
import { type FileHandle, open, readdir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { TerminalError } from '../../ports/errors.ts'
import { hasCode } from '../system-error.ts'

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

const ignoreMissing = (error: unknown): void => {
  if (!hasCode(error, 'ENOENT')) throw error
}

const removeEntries = async (directory: FileHandle, shown: string): Promise<void> => {
  const through = `/proc/self/fd/${directory.fd}`
  for (const entry of await readdir(through, { withFileTypes: true })) {
    const path = join(through, entry.name)
    if (entry.isDirectory()) await removeTree(path, join(shown, entry.name))
    else await unlink(path).catch(ignoreMissing)
  }
}

/**
 * Removes a directory with all that is in it, one component at a time through open directories: whatever its owner swaps
 * for a link meanwhile, nothing outside of it is touched. Does nothing where nothing stands.
 *
 * @param shown The path to name in an error.
 * @throws TerminalError `PathBlocked` when something else stands there.
 */
export const removeTree = async (path: string, shown: string): Promise<void> => {
  const directory = await open(path, DIRECTORY).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOTDIR', 'ELOOP')) return ignoreMissing(cause)
    throw new TerminalError('PathBlocked', `${shown} is not a directory; remove what stands in its place`, { cause })
  })
  if (directory === undefined) return
  try {
    await removeEntries(directory, shown)
  } finally {
    await directory.close()
  }
  await rmdir(path).catch(ignoreMissing)
}
