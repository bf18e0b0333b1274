import { firstColumn } from './dialect.ts'
import { codeOf, type Query } from './session.ts'
import { mysqlWriter, type Sql, sql, textOf } from './sql.ts'

/** What SHOW says of a user that does not exist, and REVOKE of a grant. */
const NO_SUCH_GRANT: ReadonlySet<string> = new Set(['ER_PASSWORD_NO_MATCH', 'ER_NONEXISTING_GRANT'])

/** Of MySQL and MariaDB: owners may come from any address, since the network is the fence. */
export const userOf = (owner: string): Sql => sql`${mysqlWriter.text(owner)}@'%'`

/** As SHOW prints it, in the SQL mode of our connections. */
export const shownUser = (owner: string): string => textOf(sql`${mysqlWriter.name(owner)}@${mysqlWriter.name('%')}`)

/** In GRANT the name of a schema is a pattern: `_` and `%` stand for other characters unless they are escaped. */
const patternText = (name: string): string => name.replace(/[\\_%]/g, '\\$&')

export const schemaPattern = (name: string): Sql => mysqlWriter.name(patternText(name))

/** What SHOW prints of a user, line by line, or what REVOKE does; nothing where there is no such user or grant. */
export const linesOf = async (query: Query, statement: Sql): Promise<string[]> => {
  try {
    return firstColumn(await query(statement))
  } catch (error) {
    if (NO_SUCH_GRANT.has(codeOf(error))) return []
    throw error
  }
}

/** A line of SHOW GRANTS: everything on the schema, and nothing to give on. */
export const shownGrant = ({ name, owner }: { name: string; owner: string }): string =>
  `GRANT ALL PRIVILEGES ON ${textOf(schemaPattern(name))}.* TO ${shownUser(owner)}`

export const grantSchema = ({ name, owner }: { name: string; owner: string }): Sql =>
  sql`GRANT ALL PRIVILEGES ON ${schemaPattern(name)}.* TO ${userOf(owner)}`

export const createSchema = (name: string): Sql =>
  sql`CREATE DATABASE IF NOT EXISTS ${mysqlWriter.name(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`

/** Takes the grants away first: they would outlive the schema, and be those of the next one with its name. */
export const dropSchema = async (query: Query, name: string): Promise<void> => {
  const pattern = schemaPattern(name)
  const holders = await query(sql`SELECT User, Host FROM mysql.db WHERE Db = ${mysqlWriter.text(patternText(name))}`)
  for (const [user = '', host = ''] of holders) {
    const holder = sql`${mysqlWriter.text(user)}@${mysqlWriter.text(host)}`
    await linesOf(query, sql`REVOKE GRANT OPTION ON ${pattern}.* FROM ${holder}`)
    await linesOf(query, sql`REVOKE ALL PRIVILEGES ON ${pattern}.* FROM ${holder}`)
  }
  await query(sql`DROP DATABASE IF EXISTS ${mysqlWriter.name(name)}`)
}
