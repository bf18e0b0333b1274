import { createHash } from 'node:crypto'
import { escapeId, escape as literal } from 'mysql2'
import { TerminalError } from '../../ports/errors.ts'

const RESERVED_SCHEMAS: ReadonlySet<string> = new Set(['mysql', 'information_schema', 'performance_schema', 'sys'])
const RESERVED_USERS: ReadonlySet<string> = new Set(['root', 'mysql', 'mariadb.sys', 'healthcheck', 'public', ''])

/** A schema with its owner, as SQL wants to know them. */
export interface OwnedSchema {
  readonly name: string
  readonly owner: string
  /** Of the owner's password: {@link passwordHash}. */
  readonly hash: string
}

const sha1 = (bytes: string | Buffer): Buffer => createHash('sha1').update(bytes).digest()

/** What `mysql_native_password` keeps of a password. */
export const passwordHash = (password: string): string => `*${sha1(sha1(password)).toString('hex').toUpperCase()}`

/** One name, also where it holds a dot. */
export const identifier = (name: string): string => escapeId(name, true)

/** In GRANT the name of a schema is a pattern: `_` and `%` stand for other characters unless they are escaped. */
const schemaPattern = (name: string): string => identifier(name.replace(/[\\_%]/g, '\\$&'))

const user = (name: string): string => `${literal(name)}@'%'`

/** As SHOW prints it, in the SQL mode of our connections. */
const shownUser = (name: string): string => `${identifier(name)}@\`%\``

export const showUser = (owner: string): string => `SHOW CREATE USER ${user(owner)}`
export const showGrants = (owner: string): string => `SHOW GRANTS FOR ${user(owner)}`

/** SHOW CREATE USER of an owner with this password, not locked, not expired, and without limits. */
export const expectedUser = ({ owner, hash }: OwnedSchema): string =>
  `CREATE USER ${shownUser(owner)} IDENTIFIED BY PASSWORD '${hash}'`

/** Lines of SHOW GRANTS: nothing on the whole server, everything on the schema, and nothing to give on. */
export const expectedGrants = ({ name, owner, hash }: OwnedSchema): readonly string[] => [
  `GRANT USAGE ON *.* TO ${shownUser(owner)} IDENTIFIED BY PASSWORD '${hash}'`,
  `GRANT ALL PRIVILEGES ON ${schemaPattern(name)}.* TO ${shownUser(owner)}`,
]

/** @throws TerminalError `NameReserved` for a name that is the engine's own. */
export const refuseReserved = ({ name, owner }: Pick<OwnedSchema, 'name' | 'owner'>): void => {
  if (RESERVED_SCHEMAS.has(name.toLowerCase())) {
    throw new TerminalError('NameReserved', `the schema ${name} is the database engine's own; choose another name`)
  }
  if (RESERVED_USERS.has(owner.toLowerCase())) {
    throw new TerminalError('NameReserved', `the user ${owner} is the database engine's own; choose another name`)
  }
}

/**
 * Statements that make the schema and its owner as {@link expectedUser} and {@link expectedGrants} have them, whatever
 * stands there before. The password goes as its hash, so that no log of queries holds it.
 */
export const ensureStatements = ({ name, owner, hash }: OwnedSchema): readonly string[] => [
  `CREATE DATABASE IF NOT EXISTS ${identifier(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE USER IF NOT EXISTS ${user(owner)} IDENTIFIED BY PASSWORD ${literal(hash)}`,
  `ALTER USER ${user(owner)} IDENTIFIED BY PASSWORD ${literal(hash)} REQUIRE NONE` +
    ' WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0' +
    ' ACCOUNT UNLOCK PASSWORD EXPIRE DEFAULT',
  `REVOKE ALL PRIVILEGES ON *.* FROM ${user(owner)}`,
  `REVOKE GRANT OPTION ON *.* FROM ${user(owner)}`,
  `GRANT ALL PRIVILEGES ON ${schemaPattern(name)}.* TO ${user(owner)}`,
  `REVOKE GRANT OPTION ON ${schemaPattern(name)}.* FROM ${user(owner)}`,
]
