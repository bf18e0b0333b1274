import { type Connection, createConnection } from 'mysql2/promise'
import { CONNECT_TIMEOUT_MS, type Connect, ConnectionLost, codeOf, QUERY_TIMEOUT_MS, type Query } from './session.ts'
import { sql, textOf } from './sql.ts'

const rowsOf = (rows: unknown): string[][] =>
  Array.isArray(rows) ? rows.map((row: unknown) => (Array.isArray(row) ? row : [row]).map(String)) : []

const queryOn =
  (connection: Connection): Query =>
  async (statement) => {
    try {
      const [rows] = await connection.query({ sql: textOf(statement), timeout: QUERY_TIMEOUT_MS })
      return rowsOf(rows)
    } catch (error) {
      // The server's own errors are named so: mysql2, lib/constants/errors.js.
      if (codeOf(error).startsWith('ER_')) throw error
      throw new ConnectionLost(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }

/** Logs in to MySQL or MariaDB. The server belongs to the tenant, so it is given no local file. */
export const connectMysql: Connect = async (socketPath, login) => {
  const connection = await createConnection({
    ...login,
    socketPath,
    connectTimeout: CONNECT_TIMEOUT_MS,
    flags: ['-LOCAL_FILES'],
    enableCleartextPlugin: false,
    rowsAsArray: true,
  })
  // Each query rejects on its own; without a listener the same error would end the process.
  connection.on('error', () => undefined)
  const session = { query: queryOn(connection), close: () => connection.destroy() }
  try {
    // Escaping here and the quotes in what SHOW prints depend on it.
    await session.query(sql`SET SESSION sql_mode = 'STRICT_ALL_TABLES'`)
    return session
  } catch (error) {
    session.close()
    throw error
  }
}
