import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { runProgram } from '../host/program.ts'
import { ensureOwnDirectory, ensurePassable, type Identity, readServerUser } from '../host/server-user.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'
import { renderCaddyConfig } from './caddy-config.ts'
import { caddyLayout } from './caddy-layout.ts'

/**
 * Makes everything that Caddy needs before it starts: its directories, the table, the configuration file. Idempotent.
 * Also for hosts where a service manager starts it.
 */
export const prepareCaddy = async (settings: HostSettings): Promise<Identity> => {
  const layout = caddyLayout(settings)
  const identity = await readServerUser('caddy', runProgram)
  for (const path of [settings.stateDirectory, settings.runDirectory, hostLayout(settings).edge]) {
    await ensurePassable(path)
  }
  await ensureOwnDirectory(layout.storage, identity)
  await ensureOwnDirectory(layout.run, identity)
  await writeFileAtomically(layout.config, renderCaddyConfig(settings), 0o644)
  return identity
}
