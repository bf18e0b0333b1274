import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TerminalError } from '../ports/errors.ts'

/** open(2): a handle that names a file without opening it, so that a socket can have one. Not in `node:fs`. */
const O_PATH = 0o10000000

const refuseUnlessOwn = async (handle: FileHandle, path: string): Promise<void> => {
  const [socket, directory] = await Promise.all([handle.stat(), stat(dirname(path))])
  if (!socket.isSocket()) throw new TerminalError('SocketRefused', `${path} is not a socket; remove it`)
  if (socket.uid !== directory.uid) {
    throw new TerminalError('SocketRefused', `${path} does not belong to the owner of its directory; remove it`)
  }
}

/**
 * Lends a path that leads to one socket of a tenant, and to nothing else. The tenant may write to the socket's
 * directory, so its name alone could lead to a socket of the host (a symbolic link), also between a check and the
 * connect. The lent path names the checked inode; it is valid until `use` has settled, and short enough for connect(2).
 *
 * @throws TerminalError `SocketRefused` for anything but a socket of the owner of its directory.
 */
export const withTenantSocket = async <T>(path: string, use: (path: string) => Promise<T>): Promise<T> => {
  const handle = await open(path, O_PATH | constants.O_NOFOLLOW)
  try {
    await refuseUnlessOwn(handle, path)
    return await use(`/proc/self/fd/${handle.fd}`)
  } finally {
    await handle.close()
  }
}
