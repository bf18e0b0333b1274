import { type Connection, createConnection } from 'mysql2/promise'
import type { DatabaseEndpoint } from '../../plan/resources.ts'
import { TerminalError, WaitingError } from '../../ports/errors.ts'
import { withTenantSocket } from '../tenant-socket.ts'

const RETRY_MS = 1_000
const CONNECT_TIMEOUT_MS = 2_000
const QUERY_TIMEOUT_MS = 10_000

/** Gives the first column of each row, as text. */
export type Query = (sql: string) => Promise<string[]>

export type ReadSecret = (path: string) => Promise<string>

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const isServerError = (error: unknown): boolean => codeOf(error).startsWith('ER_')

const unavailable = ({ service }: DatabaseEndpoint, cause: unknown): WaitingError => {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new WaitingError('DatabaseUnavailable', `${service} can't be asked: ${why}`, RETRY_MS, { cause })
}

/** The server belongs to the tenant: it is given no local file and no password in clear text. */
const connect = (socketPath: string, password: string): Promise<Connection> =>
  createConnection({
    socketPath,
    user: 'root',
    password,
    connectTimeout: CONNECT_TIMEOUT_MS,
    flags: ['-LOCAL_FILES'],
    enableCleartextPlugin: false,
    rowsAsArray: true,
  })

const firstColumn = (rows: unknown): string[] =>
  Array.isArray(rows) ? rows.map((row: unknown) => String(Array.isArray(row) ? row[0] : row)) : []

const queryOn =
  (connection: Connection): Query =>
  async (sql) => {
    const [rows] = await connection.query({ sql, timeout: QUERY_TIMEOUT_MS })
    return firstColumn(rows)
  }

const converse = async <T>(connection: Connection, work: (query: Query) => Promise<T>): Promise<T> => {
  // Each query rejects on its own; without a listener the same error would end the process.
  connection.on('error', () => undefined)
  try {
    const query = queryOn(connection)
    // Escaping here and the quotes in what SHOW prints depend on it.
    await query("SET SESSION sql_mode = 'STRICT_ALL_TABLES'")
    const result = await work(query)
    await connection.end()
    return result
  } finally {
    connection.destroy()
  }
}

/**
 * Connects as root over the service's socket for as long as `work` lasts.
 *
 * @throws WaitingError `DatabaseUnavailable` while it can't be asked, TerminalError `SocketRefused`, and the error of
 *   the server when it refuses a statement.
 */
export const asAdmin = async <T>(
  endpoint: DatabaseEndpoint,
  readSecret: ReadSecret,
  work: (query: Query) => Promise<T>,
): Promise<T> => {
  const password = await readSecret(endpoint.adminSecret)
  try {
    return await withTenantSocket(endpoint.socket, async (path) => {
      const connection = await connect(path, password).catch((error: unknown) => {
        throw unavailable(endpoint, error)
      })
      return converse(connection, work)
    })
  } catch (error) {
    if (error instanceof WaitingError || error instanceof TerminalError || isServerError(error)) throw error
    throw codeOf(error) === '' ? error : unavailable(endpoint, error)
  }
}
