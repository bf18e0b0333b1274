import type { DatabaseEndpoint, DesiredSchema } from '../../plan/resources.ts'
import type { Databases } from '../../ports/engine.ts'
import { WaitingError } from '../../ports/errors.ts'
import { asAdmin, type Query, type ReadSecret } from './admin-connection.ts'
import {
  ensureStatements,
  expectedGrants,
  expectedUser,
  type OwnedSchema,
  passwordHash,
  refuseReserved,
  showGrants,
  showUser,
} from './sql.ts'

/** What SHOW says of a user that does not exist: ER_PASSWORD_NO_MATCH, ER_NONEXISTING_GRANT. */
const NO_SUCH_USER: ReadonlySet<unknown> = new Set([1133, 1141])

const linesOf = async (query: Query, sql: string): Promise<string[]> => {
  try {
    return await query(sql)
  } catch (error) {
    if (error instanceof Error && 'errno' in error && NO_SUCH_USER.has(error.errno)) return []
    throw error
  }
}

/** What an owner may do on other schemas is left to the tenant. */
const isAsWanted = async (query: Query, schema: OwnedSchema): Promise<boolean> => {
  const [shown] = await linesOf(query, showUser(schema.owner))
  if (shown !== expectedUser(schema)) return false
  const grants = await linesOf(query, showGrants(schema.owner))
  return expectedGrants(schema).every((line) => grants.includes(line))
}

const withHash = async ({ name, owner, ownerSecret }: DesiredSchema, readSecret: ReadSecret): Promise<OwnedSchema> => ({
  name,
  owner,
  hash: passwordHash(await readSecret(ownerSecret)),
})

const observe = async (query: Query, wanted: readonly OwnedSchema[]) => {
  const schemas = new Set(await query('SHOW DATABASES'))
  const owners = new Set<string>()
  for (const schema of wanted) {
    if (await isAsWanted(query, schema)) owners.add(`${schema.owner}@${schema.name}`)
  }
  return { schemas, owners }
}

export interface MariadbDatabasesOptions {
  /** Of {@link Trees}. */
  readonly readSecret: ReadSecret
}

/**
 * MariaDB engines of tenants, each over a Unix socket in the tenant's tree.
 *
 * @returns Databases whose methods throw TerminalError `SocketRefused` when something else stands in the socket's
 *   place. `ensureSchema` throws WaitingError `DatabaseUnavailable` or `SecretMissing`, and TerminalError
 *   `NameReserved`.
 */
export const mariadbDatabases = ({ readSecret }: MariadbDatabasesOptions): Databases => ({
  async observe(endpoint: DatabaseEndpoint, schemas) {
    try {
      const wanted = await Promise.all(schemas.map((schema) => withHash(schema, readSecret)))
      return await asAdmin(endpoint, readSecret, (query) => observe(query, wanted))
    } catch (error) {
      if (error instanceof WaitingError) return undefined
      throw error
    }
  },
  async ensureSchema(endpoint, schema) {
    refuseReserved(schema)
    const wanted = await withHash(schema, readSecret)
    await asAdmin(endpoint, readSecret, async (query) => {
      for (const statement of ensureStatements(wanted)) await query(statement)
    })
  },
})
