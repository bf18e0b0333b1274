import type { DatabaseEngine, DesiredSchema } from '../../plan/resources.ts'
import { TerminalError } from '../../ports/errors.ts'

interface NameRules {
  readonly reservedSchemas: RegExp
  readonly reservedOwners: RegExp
  /** Bytes of UTF-8; PostgreSQL cuts what is longer, the others refuse it. */
  readonly longestSchema: number
  readonly longestOwner: number
}

const MYSQL_SCHEMAS = /^(mysql|information_schema|performance_schema|sys|#mysql50#.*)$/i

const RULES: Readonly<Record<DatabaseEngine, NameRules>> = {
  mariadb: {
    reservedSchemas: MYSQL_SCHEMAS,
    reservedOwners: /^(root|mysql|mariadb\.sys|healthcheck|public|)$/i,
    longestSchema: 64,
    longestOwner: 80,
  },
  mysql: {
    reservedSchemas: MYSQL_SCHEMAS,
    reservedOwners: /^(root|mysql|mysql\..*|healthcheck|)$/i,
    longestSchema: 64,
    longestOwner: 32,
  },
  // Roles whose names begin with pg_, and some words in place of names, are the engine's: CREATE ROLE.
  postgres: {
    reservedSchemas: /^(postgres|template[01]|)$/,
    reservedOwners: /^(postgres|pg_.*|public|none|)$/,
    longestSchema: 63,
    longestOwner: 63,
  },
}

const refuse = (what: string, name: string, reserved: RegExp, longest: number): void => {
  if (reserved.test(name)) {
    throw new TerminalError('NameReserved', `the ${what} ${name} is the database engine's own; choose another name`)
  }
  if (name.includes('\0') || Buffer.byteLength(name) > longest) {
    const why = `it has to have no NUL and at most ${longest} bytes`
    throw new TerminalError('NameRefused', `${JSON.stringify(name)} can't be the name of a ${what}: ${why}`)
  }
}

/** @throws TerminalError `NameReserved` for a name that is the engine's own, `NameRefused` for one it can't have. */
export const refuseSchemaName = (engine: DatabaseEngine, name: string): void => {
  const { reservedSchemas, longestSchema } = RULES[engine]
  refuse('schema', name, reservedSchemas, longestSchema)
}

/** @throws TerminalError as {@link refuseSchemaName}, for the owner too. */
export const refuseNames = (engine: DatabaseEngine, { name, owner }: Pick<DesiredSchema, 'name' | 'owner'>): void => {
  refuseSchemaName(engine, name)
  const { reservedOwners, longestOwner } = RULES[engine]
  refuse('user', owner, reservedOwners, longestOwner)
}
