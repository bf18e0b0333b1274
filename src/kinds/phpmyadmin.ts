import { type KindContext, MEBIBYTE, type Rendered, type ToolKind, withinTenant } from '../plan/kind.ts'
import { ADDRESSES } from '../plan/networks.ts'
import type { ResolvedTool } from '../plan/resolved-account.ts'

const OWNER = { uid: 994, gid: 994 }
const SECRETS = '/run/secrets'

interface Subject {
  readonly address: string
  /** On the tenant's NIC. */
  readonly port: number
}

/** Engines that it can administer. */
const SUBJECTS: Readonly<Record<string, Subject>> = {
  mysql: { address: ADDRESSES.mysql, port: 8082 },
  mariadb: { address: ADDRESSES.mariadb, port: 8083 },
}

const render = (context: KindContext, { subject, image }: ResolvedTool): Rendered => {
  const { layout, allocation } = context
  const administered = SUBJECTS[subject]
  if (administered === undefined) throw new Error(`phpMyAdmin can't administer ${subject}`)
  const name = `phpmyadmin-${subject}`
  const secrets = `${layout.secrets}/${name}`
  return {
    directories: [{ type: 'directory', path: secrets, mode: '0711', owner: 'root' }],
    secrets: [{ type: 'secret', path: `${secrets}/cookies`, owner: OWNER }],
    container: {
      type: 'container',
      tier: 'backend',
      name,
      service: name,
      image,
      runtime: context.account.runtime,
      command: [],
      environment: {
        PMA_HOST: administered.address,
        PMA_VERBOSE: subject,
        PMA_BLOWFISH_SECRET_FILE: `${SECRETS}/cookies`,
        UPLOAD_LIMIT: '64M',
      },
      workingDirectory: '/',
      user: OWNER,
      mounts: [{ source: secrets, target: SECRETS, readOnly: true }],
      // Sessions, and what is uploaded.
      tmpfs: [{ target: '/tmp', sizeBytes: 128 * MEBIBYTE, owner: OWNER, mode: '0700', executable: false }],
      networks: [
        { network: 'www', aliases: [] },
        { network: 'db', aliases: [] },
      ],
      hosts: {},
      publish: [{ hostAddress: allocation.tenantAddress, hostPort: administered.port, containerPort: 80 }],
      health: {
        command: ['curl', '-fsS', '-o', '/dev/null', '--max-time', '8', 'http://127.0.0.1/index.php'],
        intervalMs: 60_000,
        timeoutMs: 10_000,
        retries: 3,
      },
      limits: withinTenant(context, 256 * MEBIBYTE, 64),
      stopSignal: 'SIGWINCH',
      stopTimeoutSeconds: 10,
      configFiles: [],
      reload: 'never',
    },
  }
}

/** phpMyAdmin, one per engine: users log in as owners of schemas, by a cookie that is encrypted. */
export const phpmyadmin: ToolKind = { name: 'phpmyadmin', render }
