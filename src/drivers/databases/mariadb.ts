import { createHash } from 'node:crypto'
import { type Dialect, firstColumn, type OwnedSchema, ownersThat } from './dialect.ts'
import {
  createSchema,
  dropSchema,
  grantSchema,
  linesOf,
  schemaPattern,
  shownGrant,
  shownUser,
  userOf,
} from './mysql-grants.ts'
import { connectMysql } from './mysql-session.ts'
import type { Query } from './session.ts'
import { mysqlWriter, type Sql, sql } from './sql.ts'

const sha1 = (bytes: string | Buffer): Buffer => createHash('sha1').update(bytes).digest()

/** What `mysql_native_password` keeps of a password. */
export const passwordHash = (password: string): string => `*${sha1(sha1(password)).toString('hex').toUpperCase()}`

/** SHOW CREATE USER of an owner with this password, not locked, not expired, and without limits. */
export const expectedUser = ({ owner, password }: OwnedSchema): string =>
  `CREATE USER ${shownUser(owner)} IDENTIFIED BY PASSWORD '${passwordHash(password)}'`

/** Lines of SHOW GRANTS: nothing on the whole server, everything on the schema, and nothing to give on. */
export const expectedGrants = (schema: OwnedSchema): readonly string[] => [
  `GRANT USAGE ON *.* TO ${shownUser(schema.owner)} IDENTIFIED BY PASSWORD '${passwordHash(schema.password)}'`,
  shownGrant(schema),
]

/**
 * Statements that make the schema and its owner as {@link expectedUser} and {@link expectedGrants} have them, whatever
 * stands there before. The password goes as its hash, so that no log of queries holds it.
 */
export const ensureStatements = (schema: OwnedSchema): readonly Sql[] => {
  const { owner, name, password } = schema
  const hash = mysqlWriter.text(passwordHash(password))
  return [
    createSchema(name),
    sql`CREATE USER IF NOT EXISTS ${userOf(owner)} IDENTIFIED BY PASSWORD ${hash}`,
    sql`ALTER USER ${userOf(owner)} IDENTIFIED BY PASSWORD ${hash} REQUIRE NONE
      WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0
      ACCOUNT UNLOCK PASSWORD EXPIRE DEFAULT`,
    sql`REVOKE ALL PRIVILEGES ON *.* FROM ${userOf(owner)}`,
    sql`REVOKE GRANT OPTION ON *.* FROM ${userOf(owner)}`,
    grantSchema(schema),
    sql`REVOKE GRANT OPTION ON ${schemaPattern(name)}.* FROM ${userOf(owner)}`,
  ]
}

/** What an owner may do on other schemas is left to the tenant. */
const isAsWanted = async (query: Query, schema: OwnedSchema): Promise<boolean> => {
  const [shown] = await linesOf(query, sql`SHOW CREATE USER ${userOf(schema.owner)}`)
  if (shown !== expectedUser(schema)) return false
  const grants = await linesOf(query, sql`SHOW GRANTS FOR ${userOf(schema.owner)}`)
  return expectedGrants(schema).every((line) => grants.includes(line))
}

export const mariadbDialect: Dialect = {
  connect: connectMysql,
  administrator: 'root',
  async observe({ query }, wanted) {
    return {
      schemas: new Set(firstColumn(await query(sql`SHOW DATABASES`))),
      owners: await ownersThat((schema) => isAsWanted(query, schema), wanted),
    }
  },
  async ensureSchema({ query }, schema) {
    for (const statement of ensureStatements(schema)) await query(statement)
  },
  dropSchema: ({ query }, name) => dropSchema(query, name),
}
