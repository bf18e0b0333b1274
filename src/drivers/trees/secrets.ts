import { constants } from 'node:fs'
import { type FileHandle, link, open, rm } from 'node:fs/promises'
import type { Owner } from '../../plan/resources.ts'
import { TerminalError, WaitingError } from '../../ports/errors.ts'
import { hasCode, undefinedIfMissing } from '../system-error.ts'
import { writePending } from './write-file.ts'

/** Only its owner may read it, and nobody may write it. */
export const SECRET_MODE = 0o400

const MAX_BYTES = 4096
const RETRY_MS = 500

/** Neither follows a link nor waits at a pipe. */
const READ_SAFELY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

const openPresent = (path: string): Promise<FileHandle | undefined> =>
  open(path, READ_SAFELY).catch((error: unknown) => (hasCode(error, 'ELOOP') ? undefined : undefinedIfMissing(error)))

/** True when a secret stands at `path`; its owner and mode are set right. */
const keepPresent = async (path: string, { uid, gid }: Owner): Promise<boolean> => {
  const file = await openPresent(path)
  if (file === undefined) return false
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size === 0) return false
    await file.chown(uid, gid)
    await file.chmod(SECRET_MODE)
    return true
  } finally {
    await file.close()
  }
}

/** `link` refuses to replace: a secret that is in use is never overwritten. */
export const createSecretFile = async (path: string, owner: Owner, makeSecret: () => string): Promise<void> => {
  if (await keepPresent(path, owner)) return
  await rm(path, { recursive: true, force: true })
  const pending = await writePending(path, makeSecret(), SECRET_MODE, owner)
  try {
    await link(pending, path)
  } finally {
    await rm(pending, { force: true })
  }
}

/** For `.catch`: @throws WaitingError `SecretMissing` where nothing stands at `path`. */
export const waitIfMissing =
  (path: string) =>
  (error: unknown): never => {
    throw hasCode(error, 'ENOENT')
      ? new WaitingError('SecretMissing', `the secret ${path} is missing`, RETRY_MS, { cause: error })
      : error
  }

/**
 * @param shown The path to name in an error.
 * @throws TerminalError `SecretInvalid` when it is no file of at most 4 KiB.
 */
export const readSecretFile = async (path: string, shown: string): Promise<string> => {
  const file = await open(path, READ_SAFELY)
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size === 0 || stats.size > MAX_BYTES) {
      throw new TerminalError('SecretInvalid', `${shown} is not a secret of 1 to ${MAX_BYTES} bytes`)
    }
    return (await file.readFile('utf8')).replace(/\n$/, '')
  } finally {
    await file.close()
  }
}
