import { APP_OWNER, type DatabaseKind, type KindContext, MEBIBYTE, type Rendered, withinTenant } from '../plan/kind.ts'
import type { ResolvedDatabase } from '../plan/resolved-account.ts'

const OWNER = { uid: 999, gid: 999 }

const render = (context: KindContext, database: ResolvedDatabase): Rendered => {
  const { layout } = context
  const name = `mariadb-${database.version}`
  const data = `${layout.data}/${name}`
  const sockets = `${layout.sockets}/${name}`
  const secrets = `${layout.secrets}/${name}`
  const adminSecret = `${secrets}/root`
  const owners = new Set(database.schemas.map(({ owner }) => owner))
  const ownerSecret = (owner: string): string => `${layout.secrets}/app/mariadb-${owner}`
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
    database: { service: name, socket: `${sockets}/mysqld.sock`, adminSecret },
    schemas: database.schemas.map((schema) => ({
      type: 'schema',
      service: name,
      name: schema.name,
      owner: schema.owner,
      ownerSecret: ownerSecret(schema.owner),
    })),
    container: {
      type: 'container',
      name,
      image: database.image,
      command: ['mariadbd', '--skip-name-resolve', '--character-set-server=utf8mb4', '--local-infile=OFF'],
      environment: { MARIADB_ROOT_PASSWORD_FILE: '/run/secrets/root' },
      user: OWNER,
      mounts: [
        { source: data, target: '/var/lib/mysql', readOnly: false },
        { source: sockets, target: '/run/mysqld', readOnly: false },
        { source: secrets, target: '/run/secrets', readOnly: true },
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 256 * MEBIBYTE, owner: OWNER, mode: '0700' }],
      networks: [{ network: 'db', aliases: ['mariadb'] }],
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
      reloadSignal: 'SIGHUP',
    },
  }
}

/** MariaDB: on the internal network for the apps, on a Unix socket in the tenant's tree for the operator. */
export const mariadb: DatabaseKind = { name: 'mariadb', render }
