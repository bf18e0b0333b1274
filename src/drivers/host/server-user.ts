import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import type { RunProgram } from './program.ts'

/** Who a server runs as. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

const root: Identity = { uid: 0, gid: 0 }

/** The system user that the server's package makes, or root where there is none. */
export const readServerUser = async (name: string, runProgram: RunProgram): Promise<Identity> => {
  const line = await runProgram('getent', ['passwd', name]).catch(() => '')
  const [, , uid, gid] = line.split(':')
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : root
}

/** A directory that nobody but the server can look into. */
export const ensureOwnDirectory = async (path: string, { uid, gid }: Identity): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  await chown(path, uid, gid)
}

/** The server has to pass through; what is in there guards itself by its own mode. */
export const ensurePassable = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o755 })
  const { mode } = await stat(path)
  if ((mode & 0o011) !== 0o011) await chmod(path, (mode & 0o7777) | 0o011)
}
