import { APP_OWNER, type KindContext, MEBIBYTE, type Rendered, withinTenant } from '../plan/kind.ts'
import { ADDRESSES } from '../plan/networks.ts'
import type { ResolvedDatabase } from '../plan/resolved-account.ts'
import type { Command, DatabaseEngine, DesiredSecret, Owner } from '../plan/resources.ts'

/** What tells one database engine from another. */
export interface DatabaseFlavour {
  readonly name: DatabaseEngine
  readonly owner: Owner
  /** `cache` is what the server may keep of its data in memory, in bytes. */
  readonly command: (cache: number) => Command
  /** The administrator's password is in the file `/run/secrets/root`. */
  readonly environment: Readonly<Record<string, string>>
  /** Directories inside the container. */
  readonly data: string
  readonly sockets: string
  readonly socketName: string
  /** Has a query answered. */
  readonly health: Command
  readonly stopSignal: string
}

/**
 * A quarter of the memory, and that in steps of a power of two: the limit changes live, but another size of the cache
 * replaces the container.
 */
const cacheBytes = (memoryBytes: number): number => 2 ** Math.max(25, Math.floor(Math.log2(memoryBytes / 4)))

/** Where the passwords of schema owners are, for the operator and for apps. */
const ownerSecret = ({ layout }: KindContext, engine: DatabaseEngine, owner: string): string =>
  `${layout.secrets}/app/${engine}-${owner}`

const secretsOf = (context: KindContext, flavour: DatabaseFlavour, { schemas }: ResolvedDatabase): DesiredSecret[] => {
  const { name, owner } = flavour
  const owners = [...new Set(schemas.map((schema) => schema.owner))]
  return [
    { type: 'secret', path: `${context.layout.secrets}/${name}/root`, owner },
    ...owners.map(
      (user): DesiredSecret => ({ type: 'secret', path: ownerSecret(context, name, user), owner: APP_OWNER }),
    ),
  ]
}

/**
 * A database engine: on the internal network for the apps, on a Unix socket in the tenant's tree for the operator. One
 * container whatever the version: two servers must never stand on the same data.
 */
export const databaseService = (
  context: KindContext,
  database: ResolvedDatabase,
  flavour: DatabaseFlavour,
): Rendered => {
  const { layout } = context
  const { name, owner } = flavour
  const data = `${layout.data}/${name}`
  const sockets = `${layout.sockets}/${name}`
  const secrets = `${layout.secrets}/${name}`
  return {
    directories: [
      { type: 'directory', path: data, mode: '0700', owner },
      { type: 'directory', path: sockets, mode: '0711', owner },
      { type: 'directory', path: secrets, mode: '0711', owner: 'root' },
    ],
    secrets: secretsOf(context, flavour, database),
    database: {
      engine: name,
      service: name,
      version: database.version,
      socket: `${sockets}/${flavour.socketName}`,
      adminSecret: `${secrets}/root`,
    },
    schemas: database.schemas.map((schema) => ({
      type: 'schema',
      service: name,
      name: schema.name,
      owner: schema.owner,
      ownerSecret: ownerSecret(context, name, schema.owner),
    })),
    container: {
      type: 'container',
      tier: 'backend',
      name,
      service: name,
      image: database.image,
      runtime: context.account.runtime,
      command: flavour.command(cacheBytes(database.memoryBytes)),
      environment: flavour.environment,
      workingDirectory: '/',
      user: owner,
      mounts: [
        { source: data, target: flavour.data, readOnly: false },
        { source: sockets, target: flavour.sockets, readOnly: false },
        { source: secrets, target: '/run/secrets', readOnly: true },
      ],
      tmpfs: [{ target: '/tmp', sizeBytes: 256 * MEBIBYTE, owner, mode: '0700', executable: false }],
      networks: [{ network: 'db', aliases: [name], address: ADDRESSES[name] }],
      hosts: {},
      publish: [],
      health: { command: flavour.health, intervalMs: 30_000, timeoutMs: 5_000, retries: 3 },
      limits: withinTenant(context, database.memoryBytes, 256),
      stopSignal: flavour.stopSignal,
      stopTimeoutSeconds: 60,
      configFiles: [],
      reload: 'never',
    },
  }
}
