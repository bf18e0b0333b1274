import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'
import { renderCaddyConfig } from './caddy-config.ts'
import { caddyLayout } from './caddy-layout.ts'

const run = promisify(execFile)

/** Who Caddy runs as. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

const root: Identity = { uid: 0, gid: 0 }

/** The system user that Caddy's package makes, or root where there is none. */
const readIdentity = async (): Promise<Identity> => {
  const line = await run('getent', ['passwd', 'caddy']).then(
    ({ stdout }) => stdout,
    () => '',
  )
  const [, , uid, gid] = line.split(':')
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : root
}

const ensureOwnDirectory = async (path: string, { uid, gid }: Identity): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  await chown(path, uid, gid)
}

/** Caddy has to pass through; what is in there guards itself by its own mode. */
const ensurePassable = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o755 })
  const { mode } = await stat(path)
  if ((mode & 0o011) !== 0o011) await chmod(path, (mode & 0o7777) | 0o011)
}

/**
 * Makes everything that Caddy needs before it starts: its directories, the table, the configuration file. Idempotent.
 * Also for hosts where a service manager starts it.
 */
export const prepareCaddy = async (settings: HostSettings): Promise<Identity> => {
  const layout = caddyLayout(settings)
  const identity = await readIdentity()
  for (const path of [settings.stateDirectory, settings.runDirectory, hostLayout(settings).edge]) {
    await ensurePassable(path)
  }
  await ensureOwnDirectory(layout.storage, identity)
  await ensureOwnDirectory(layout.run, identity)
  await writeFileAtomically(layout.config, renderCaddyConfig(settings), 0o644)
  return identity
}
