import type { DatabaseEndpoint, DatabaseEngine, DesiredSchema } from '../../plan/resources.ts'
import type { Databases } from '../../ports/engine.ts'
import { WaitingError } from '../../ports/errors.ts'
import type { Dialect, OwnedSchema } from './dialect.ts'
import { mariadbDialect } from './mariadb.ts'
import { mysqlDialect } from './mysql.ts'
import { refuseNames, refuseSchemaName } from './names.ts'
import { postgresDialect } from './postgres.ts'
import { type Server, visit } from './session.ts'

export interface TenantDatabasesOptions {
  /** Of {@link Trees}. */
  readonly readSecret: (path: string) => Promise<string>
  readonly randomBytes: (size: number) => Buffer
}

/**
 * Database engines of tenants, each over a Unix socket in the tenant's tree.
 *
 * @returns Databases whose methods throw TerminalError `SocketRefused` when something else stands in the socket's
 *   place. Those that change something throw WaitingError `DatabaseUnavailable` or `SecretMissing`, and TerminalError
 *   `NameReserved` or `NameRefused`.
 */
export const tenantDatabases = ({ readSecret, randomBytes }: TenantDatabasesOptions): Databases => {
  const dialects: Readonly<Record<DatabaseEngine, Dialect>> = {
    mariadb: mariadbDialect,
    mysql: mysqlDialect,
    postgres: postgresDialect(randomBytes),
  }

  const withPassword = async ({ name, owner, ownerSecret }: DesiredSchema): Promise<OwnedSchema> => ({
    name,
    owner,
    password: await readSecret(ownerSecret),
  })

  const asAdmin = async <T>(endpoint: DatabaseEndpoint, work: (server: Server, dialect: Dialect) => Promise<T>) => {
    const dialect = dialects[endpoint.engine]
    const admin = { user: dialect.administrator, password: await readSecret(endpoint.adminSecret) }
    return visit(endpoint, { connect: dialect.connect, admin }, (server) => work(server, dialect))
  }

  return {
    async observe(endpoint, schemas) {
      try {
        const wanted = await Promise.all(schemas.map(withPassword))
        return await asAdmin(endpoint, (server, dialect) => dialect.observe(server, wanted))
      } catch (error) {
        if (error instanceof WaitingError) return undefined
        throw error
      }
    },
    async ensureSchema(endpoint, schema) {
      refuseNames(endpoint.engine, schema)
      const wanted = await withPassword(schema)
      await asAdmin(endpoint, (server, dialect) => dialect.ensureSchema(server, wanted))
    },
    async dropSchema(endpoint, name) {
      refuseSchemaName(endpoint.engine, name)
      await asAdmin(endpoint, (server, dialect) => dialect.dropSchema(server, name))
    },
  }
}
