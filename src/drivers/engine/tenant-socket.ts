import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { TerminalError } from '../../ports/errors.ts'

/** open(2): a handle that names a file without opening it, so that a socket can have one. Not in `node:fs`. */
const O_PATH = 0o10000000

const refuseUnlessSocket = async (handle: FileHandle, path: string, mayOwn: (uid: number) => boolean) => {
  const stats = await handle.stat()
  if (!stats.isSocket()) throw new TerminalError('SocketRefused', `${path} is not a socket; remove it`)
  if (!mayOwn(stats.uid)) {
    throw new TerminalError(
      'SocketRefused',
      `${path} belongs to uid ${stats.uid}, which is not the tenant's; remove it`,
    )
  }
}

/**
 * Lends a path that leads to one socket of a tenant, and to nothing else. The tenant may write to the socket's
 * directory, so its name alone could lead to a socket of the host (a symbolic link), also between a check and the
 * connect. The lent path names the checked inode; it is valid until `use` has settled, and short enough for connect(2).
 *
 * @throws TerminalError `SocketRefused` for anything but a socket whose owner `mayOwn` accepts.
 */
export const withTenantSocket = async <T>(
  path: string,
  mayOwn: (uid: number) => boolean,
  use: (path: string) => Promise<T>,
): Promise<T> => {
  const handle = await open(path, O_PATH | constants.O_NOFOLLOW)
  try {
    await refuseUnlessSocket(handle, path, mayOwn)
    return await use(`/proc/self/fd/${handle.fd}`)
  } finally {
    await handle.close()
  }
}
