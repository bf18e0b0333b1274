import { type Dialect, firstColumn, type OwnedSchema, ownersThat } from './dialect.ts'
import { createSchema, dropSchema, grantSchema, linesOf, schemaPattern, shownGrant, userOf } from './mysql-grants.ts'
import { connectMysql } from './mysql-session.ts'
import type { Query, Server } from './session.ts'
import { keywords, mysqlWriter, type Sql, sql } from './sql.ts'

/** Finds the owner when it is not locked, not expired, without limits, and has one password alone. */
const soundUser = (owner: string): Sql => sql`
  SELECT 1 FROM mysql.user
  WHERE User = ${mysqlWriter.text(owner)} AND Host = '%' AND plugin = 'caching_sha2_password' AND ssl_type = ''
    AND max_questions = 0 AND max_updates = 0 AND max_connections = 0 AND max_user_connections = 0
    AND account_locked = 'N' AND password_expired = 'N'
    AND NOT IFNULL(JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password'), 0)`

/** The server's logs have the password crossed out: MySQL manual, "Passwords and Logging". */
const ensureUser = async (query: Query, { owner, password }: OwnedSchema): Promise<void> => {
  const user = userOf(owner)
  const identified = sql`IDENTIFIED WITH caching_sha2_password BY ${mysqlWriter.text(password)}`
  await query(sql`CREATE USER IF NOT EXISTS ${user} ${identified}`)
  await query(sql`ALTER USER ${user} ${identified} REQUIRE NONE
    WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0
    PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK FAILED_LOGIN_ATTEMPTS 0 PASSWORD_LOCK_TIME 0`)
  await query(sql`ALTER USER ${user} DISCARD OLD PASSWORD`)
}

/** What the owner may do on the whole server, `USAGE` left out, and whether it may give that on. */
const serverPowers = async (query: Query, owner: string): Promise<{ powers: string[]; grantable: boolean }> => {
  // This view puts names between quotes as they are.
  const grantee = mysqlWriter.text(`'${owner}'@'%'`)
  const rows = await query(
    sql`SELECT PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ${grantee}`,
  )
  return {
    powers: firstColumn(rows).filter((power) => power !== 'USAGE'),
    grantable: rows.some(([, grantable]) => grantable === 'YES'),
  }
}

/** One by one: ALL PRIVILEGES ON *.* would take those on schemas too. */
const revokeServerPowers = async (query: Query, owner: string): Promise<void> => {
  const { powers, grantable } = await serverPowers(query, owner)
  for (const power of powers) await query(sql`REVOKE ${keywords(power)} ON *.* FROM ${userOf(owner)}`)
  if (grantable) await query(sql`REVOKE IF EXISTS GRANT OPTION ON *.* FROM ${userOf(owner)}`)
}

const hasGrants = async (query: Query, schema: OwnedSchema): Promise<boolean> => {
  const { powers, grantable } = await serverPowers(query, schema.owner)
  const lines = await linesOf(query, sql`SHOW GRANTS FOR ${userOf(schema.owner)}`)
  return powers.length === 0 && !grantable && lines.includes(shownGrant(schema))
}

/** Passwords are kept in a form that only a login can compare. */
const isAsWanted = async ({ query, admits }: Server, schema: OwnedSchema): Promise<boolean> =>
  (await query(soundUser(schema.owner))).length === 1 &&
  (await hasGrants(query, schema)) &&
  (await admits({ user: schema.owner, password: schema.password }))

export const mysqlDialect: Dialect = {
  connect: connectMysql,
  administrator: 'root',
  async observe(server, wanted) {
    return {
      schemas: new Set(firstColumn(await server.query(sql`SHOW DATABASES`))),
      owners: await ownersThat((schema) => isAsWanted(server, schema), wanted),
    }
  },
  async ensureSchema({ query }, schema) {
    const { name, owner } = schema
    await query(createSchema(name))
    await ensureUser(query, schema)
    await revokeServerPowers(query, owner)
    await query(grantSchema(schema))
    await query(sql`REVOKE IF EXISTS GRANT OPTION ON ${schemaPattern(name)}.* FROM ${userOf(owner)}`)
  },
  dropSchema: ({ query }, name) => dropSchema(query, name),
}
