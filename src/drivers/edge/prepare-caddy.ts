import { randomBytes } from 'node:crypto'
import { chown, mkdir } from 'node:fs/promises'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { runProgram } from '../host/program.ts'
import { ensureOwnDirectory, ensurePassable, type Identity, readServerUser } from '../host/server-user.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'
import { renderCaddyConfig } from './caddy-config.ts'
import { caddyLayout } from './caddy-layout.ts'
import { certificateLayout } from './certificate-layout.ts'
import { certificateToken } from './certificate-token.ts'

/** Caddy's configuration with the word in it that is made once for this installation. */
export const edgeConfig = async (settings: HostSettings): Promise<string> =>
  renderCaddyConfig(settings, await certificateToken(certificateLayout(settings), randomBytes))

/** Caddy alone reads in there; who else passes by learns no names. */
const ensureReadable = async (path: string, { gid }: Identity): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o750 })
  await chown(path, 0, gid)
}

/**
 * Makes everything that Caddy needs before it starts: its directories, the table, the configuration file. Idempotent.
 * Also for hosts where a service manager starts it.
 */
export const prepareCaddy = async (settings: HostSettings): Promise<Identity> => {
  const certificates = certificateLayout(settings)
  const layout = caddyLayout(settings)
  const identity = await readServerUser('caddy', runProgram)
  for (const path of [
    settings.stateDirectory,
    settings.runDirectory,
    hostLayout(settings).edge,
    certificates.permitted,
  ]) {
    await ensurePassable(path)
  }
  await ensureOwnDirectory(layout.storage, identity)
  await ensureOwnDirectory(layout.run, identity)
  await ensureReadable(certificates.installed, identity)
  await writeFileAtomically(layout.config, await edgeConfig(settings), 0o640)
  await chown(layout.config, 0, identity.gid)
  return identity
}
