import { escapeId, escape as escapeText } from 'mysql2'
import { escapeIdentifier, escapeLiteral } from 'pg'

const TEXT: unique symbol = Symbol('text')

/** A piece of SQL. Nothing but {@link sql} and the writers of a dialect make one, so no value gets in unescaped. */
export interface Sql {
  readonly [TEXT]: string
}

const raw = (text: string): Sql => ({ [TEXT]: text })

/** What goes to the server. */
export const textOf = (statement: Sql): string => statement[TEXT]

/** SQL that is written out, with pieces in it. */
export const sql = (parts: TemplateStringsArray, ...pieces: readonly Sql[]): Sql =>
  raw(String.raw({ raw: parts }, ...pieces.map(textOf)))

/**
 * Words of SQL itself that a server named, such as `CREATE VIEW`.
 *
 * @throws TypeError for anything else.
 */
export const keywords = (words: string): Sql => {
  if (!/^[A-Z][A-Z_ ]*$/.test(words)) throw new TypeError(`${JSON.stringify(words)} are no keywords of SQL`)
  return raw(words)
}

/** How one dialect writes values. */
export interface SqlWriter {
  /** One name, also where it holds a dot. */
  name(name: string): Sql
  text(text: string): Sql
}

/** Of MySQL and MariaDB, in an SQL mode without NO_BACKSLASH_ESCAPES. */
export const mysqlWriter: SqlWriter = {
  name: (name) => raw(escapeId(name, true)),
  text: (text) => raw(escapeText(text)),
}

export const postgresWriter: SqlWriter = {
  name: (name) => raw(escapeIdentifier(name)),
  text: (text) => raw(escapeLiteral(text)),
}
