import { join } from 'node:path'
import type { HostDirectories } from '../../plan/settings.ts'

/** Where everything of Caddy stands. */
export const caddyLayout = (settings: Omit<HostDirectories, 'dataRoot'>) => {
  const storage = join(settings.stateDirectory, 'caddy')
  const run = join(settings.runDirectory, 'caddy')
  return {
    config: join(settings.stateDirectory, 'caddy.json'),
    /** Certificates, keys and the internal CA; Caddy's own. */
    storage,
    internalRoot: join(storage, 'pki', 'authorities', 'local', 'root.crt'),
    log: join(storage, 'caddy.log'),
    /** One line of JSON per request for a site, of all tenants. */
    accessLog: join(storage, 'access.log'),
    /** What Caddy says before it can log. */
    startLog: join(settings.stateDirectory, 'caddy-start.log'),
    run,
    adminSocket: join(run, 'admin.sock'),
    processFile: join(settings.runDirectory, 'caddy.process.json'),
  }
}

export type CaddyLayout = ReturnType<typeof caddyLayout>
