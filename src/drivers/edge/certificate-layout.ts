import { join } from 'node:path'
import { type HostDirectories, hostLayout } from '../../plan/settings.ts'

/** Where everything of certificates stands that is not Caddy's own; all of it survives a reboot. */
export const certificateLayout = (settings: HostDirectories) => {
  const directory = hostLayout(settings).certificates
  return {
    directory,
    /** Root's alone. */
    tokenFile: join(directory, 'token'),
    /** An empty file for each host that a certificate may be had for. */
    permitted: join(directory, 'permitted'),
    /** `HOST.pem`: chain and key; readable for Caddy's group. */
    installed: join(directory, 'installed'),
    /** `HOST.json`: what was found out. */
    found: join(directory, 'found'),
  }
}

export type CertificateLayout = ReturnType<typeof certificateLayout>
