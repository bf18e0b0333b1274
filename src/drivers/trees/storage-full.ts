import { TransientError } from '../../ports/errors.ts'
import { hasCode } from '../system-error.ts'

/** EDQUOT of errno(3), which Node.js has no name for. */
const QUOTA_EXCEEDED = -122

const isQuotaExceeded = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && error.errno === QUOTA_EXCEEDED

const says = (path: string, why: string, cause: unknown): TransientError =>
  new TransientError('StorageFull', `${path} can't be written: ${why}`, { cause })

/**
 * For `.catch` of what writes into a tree: nothing was replaced, and another try helps once there is room.
 * @throws TransientError `StorageFull` when the kernel had no room, else the error itself.
 */
export const tellIfFull =
  (path: string) =>
  (error: unknown): never => {
    if (isQuotaExceeded(error))
      throw says(
        path,
        "the account's storage limit is reached: raise limits.storage, or remove files of the account",
        error,
      )
    if (hasCode(error, 'ENOSPC'))
      throw says(
        path,
        "no room is left, within the account's storage limits or on the disk: see df and limits.storage",
        error,
      )
    throw error
  }
