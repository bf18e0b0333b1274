import { APP_OWNER, type DatabaseKind, type KindContext, MEBIBYTE, type Rendered, withinTenant } from '../plan/kind.ts'
import { ADDRESSES } from '../plan/networks.ts'
import type { ResolvedDatabase } from '../plan/resolved-account.ts'

const NAME = 'mariadb'
const OWNER = { uid: 999, gid: 999 }

/** One container whatever the version: two servers must never stand on the same data. */
const render = (context: KindContext, database: ResolvedDatabase): Rendered => {
  const { layout } = context
  const data = `${layout.data}/${NAME}`
  const sockets = `${layout.sockets}/${NAME}`
  const secrets = `${layout.secrets}/${NAME}`
  const adminSecret = `${secrets}/root`
  const owners = new Set(database.schemas.map(({ owner }) => owner))
  const ownerSecret = (owner: string): string => `${layout.secrets}/app/${NAME}-${owner}`
  return {
    directories: [
      { type: 'directory', path: data, mode: '0700', owner: OWNER },
      { type: 'directory', path: sockets, mode: '0711', owner: OWNER },
      { type: 'directory', path: secrets, mode: '0711', owner: 'root' },
    ],
    secrets: [
      { type: 'secret', path: adminSecret, owner: OWNER },
      ...[...owners].map((owner) => ({ type: 'secret' as const, path: ownerSecret(owner), owner: APP_OWNER })),
    ],
    database: { engine: NAME, service: NAME, socket: `${sockets}/mysqld.sock`, adminSecret },
    schemas: database.schemas.map((schema) => ({
      type: 'schema',
      service: NAME,
      name: schema.name,
      owner: schema.owner,
      ownerSecret: ownerSecret(schema.owner),
    })),
    container: {
      type: 'container',
      tier: 'backend',
      name: NAME,
      service: NAME,
      image: database.image,
      command: ['mariadbd', '--skip-name-resolve', '--character-set-server=utf8mb4', '--local-infile=OFF'],
      environment: { MARIADB_ROOT_PASSWORD_FILE: '/run/secrets/root', MARIADB_AUTO_UPGRADE: '1' },
      workingDirectory: '/',
      user: OWNER,
      mounts: [
        { source: data, target: '/var/lib/mysql', readOnly: false },
        { source: sockets, target: '/run/mysqld', readOnly: false },
        { source: secrets, target: '/run/secrets', readOnly: true },
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 256 * MEBIBYTE, owner: OWNER, mode: '0700', executable: false }],
      networks: [{ network: 'db', aliases: [NAME], address: ADDRESSES[NAME] }],
      hosts: {},
      publish: [],
      health: {
        command: ['healthcheck.sh', '--connect', '--innodb_initialized'],
        intervalMs: 30_000,
        timeoutMs: 5_000,
        retries: 3,
      },
      limits: withinTenant(context, database.memoryBytes, 256),
      stopSignal: 'SIGTERM',
      stopTimeoutSeconds: 60,
      configFiles: [],
      reload: 'never',
    },
  }
}

/** MariaDB: on the internal network for the apps, on a Unix socket in the tenant's tree for the operator. */
export const mariadb: DatabaseKind = { name: NAME, render }
