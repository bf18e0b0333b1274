import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Owner } from '../../plan/resources.ts'
import { TerminalError } from '../../ports/errors.ts'
import { hasCode } from '../system-error.ts'

/** Where something grows before it is renamed to `path`: beside it, and the same after a crash. */
export const pendingPath = (path: string): string => join(dirname(path), `.${basename(path)}.palisade-new`)

const fill = async (file: FileHandle, content: string, mode: number, { uid, gid }: Owner): Promise<void> => {
  await file.writeFile(content)
  await file.chown(uid, gid)
  await file.chmod(mode)
  await file.sync()
}

/** Writes a whole new file, durably, with its owner and mode, beside `path`; gives its path. */
export const writePending = async (path: string, content: string, mode: number, owner: Owner): Promise<string> => {
  const pending = pendingPath(path)
  await rm(pending, { recursive: true, force: true })
  const file = await open(pending, 'wx', 0o600)
  try {
    await fill(file, content, mode, owner)
  } catch (error) {
    // In a full tree every block counts.
    await rm(pending, { force: true })
    throw error
  } finally {
    await file.close()
  }
  return pending
}

/** A reader sees the former file or the new one, whole. */
export const replaceFile = async (path: string, content: string, mode: number, owner: Owner): Promise<void> => {
  const pending = await writePending(path, content, mode, owner)
  try {
    await rename(pending, path)
  } catch (error) {
    await rm(pending, { force: true })
    throw error
  }
}

/**
 * @param shown The path to name in an error.
 * @throws TerminalError `PathBlocked` when something else stands there.
 */
export const makeDirectory = async (path: string, mode: number, { uid, gid }: Owner, shown: string): Promise<void> => {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error
  })
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const directory = await open(path, flags).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOTDIR', 'ELOOP')) throw cause
    throw new TerminalError('PathBlocked', `${shown} is not a directory; remove what stands in its place`, { cause })
  })
  try {
    await directory.chown(uid, gid)
    await directory.chmod(mode)
  } finally {
    await directory.close()
  }
}
