import { type Dialect, firstColumn, type OwnedSchema, ownersThat } from './dialect.ts'
import { connectPostgres } from './postgres-session.ts'
import { isVerifierOf, SALT_BYTES, scramVerifier } from './scram.ts'
import type { Query } from './session.ts'
import { postgresWriter, type Sql, sql } from './sql.ts'

const { name: quoted, text } = postgresWriter

/** The verifier of the owner's password, when role and database are as wanted. */
const soundOwner = ({ name, owner }: OwnedSchema): Sql => sql`
  SELECT r.rolpassword FROM pg_authid r JOIN pg_database d ON d.datdba = r.oid
  WHERE r.rolname = ${text(owner)} AND d.datname = ${text(name)}
    AND r.rolcanlogin AND r.rolconnlimit = -1 AND coalesce(r.rolvaliduntil, 'infinity') = 'infinity'
    AND NOT (r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls)
    AND d.datallowconn AND d.datconnlimit = -1
    AND has_database_privilege(r.oid, d.oid, 'CONNECT')
    AND has_database_privilege(r.oid, d.oid, 'CREATE')
    AND has_database_privilege(r.oid, d.oid, 'TEMPORARY')
    AND NOT EXISTS (
      SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE a.grantee = 0)
    AND NOT EXISTS (${powersOf(owner)})`

/** Roles with power over the server that the owner may take. */
const powersOf = (owner: string): Sql => sql`
  SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
  WHERE u.rolname = ${text(owner)} AND (g.rolname ~ '^pg_' OR g.rolsuper OR g.rolcreatedb OR g.rolcreaterole)`

const isAsWanted = async (query: Query, schema: OwnedSchema): Promise<boolean> => {
  const [verifier] = firstColumn(await query(soundOwner(schema)))
  return verifier !== undefined && isVerifierOf(verifier, schema.password)
}

const exists = async (query: Query, found: Sql): Promise<boolean> => (await query(found)).length > 0

/** The password goes as its verifier, so that no log of queries holds it. */
const ensureOwner = async (query: Query, { owner }: OwnedSchema, verifier: string): Promise<void> => {
  const role = quoted(owner)
  if (!(await exists(query, sql`SELECT 1 FROM pg_roles WHERE rolname = ${text(owner)}`))) {
    await query(sql`CREATE ROLE ${role}`)
  }
  await query(sql`ALTER ROLE ${role} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    CONNECTION LIMIT -1 VALID UNTIL 'infinity' PASSWORD ${text(verifier)}`)
  for (const power of firstColumn(await query(powersOf(owner)))) {
    await query(sql`REVOKE ${quoted(power)} FROM ${role}`)
  }
}

const ensureDatabase = async (query: Query, { name, owner }: OwnedSchema): Promise<void> => {
  const [database, role] = [quoted(name), quoted(owner)]
  if (await exists(query, sql`SELECT 1 FROM pg_database WHERE datname = ${text(name)}`)) {
    await query(sql`ALTER DATABASE ${database} OWNER TO ${role}`)
    await query(sql`ALTER DATABASE ${database} WITH ALLOW_CONNECTIONS true CONNECTION LIMIT -1`)
  } else {
    await query(sql`CREATE DATABASE ${database} OWNER ${role} TEMPLATE template0 ENCODING 'UTF8'`)
  }
  await query(sql`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`)
  await query(sql`GRANT ALL ON DATABASE ${database} TO ${role}`)
}

/** What the spec calls a schema is a database here, which its owner has to itself. */
export const postgresDialect = (randomBytes: (size: number) => Buffer): Dialect => ({
  connect: connectPostgres,
  administrator: 'postgres',
  async observe({ query }, wanted) {
    return {
      schemas: new Set(firstColumn(await query(sql`SELECT datname FROM pg_database WHERE NOT datistemplate`))),
      owners: await ownersThat((schema) => isAsWanted(query, schema), wanted),
    }
  },
  async ensureSchema({ query }, schema) {
    await ensureOwner(query, schema, await scramVerifier(schema.password, randomBytes(SALT_BYTES)))
    await ensureDatabase(query, schema)
  },
  async dropSchema({ query }, name) {
    await query(sql`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`)
  },
})
