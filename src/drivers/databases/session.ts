import type { DatabaseEndpoint } from '../../plan/resources.ts'
import { WaitingError } from '../../ports/errors.ts'
import { withTenantSocket } from '../tenant-socket.ts'
import { type Sql, sql } from './sql.ts'

const RETRY_MS = 1_000

export const CONNECT_TIMEOUT_MS = 2_000
export const QUERY_TIMEOUT_MS = 10_000

/**
 * Gives each row as text.
 *
 * @throws ConnectionLost when the server can't answer, and the server's own error when it refuses the statement.
 */
export type Query = (statement: Sql) => Promise<string[][]>

export interface Login {
  readonly user: string
  readonly password: string
}

/** One connection to a server. */
export interface Session {
  readonly query: Query
  /** At once, whatever is under way; a second time it does nothing. */
  close(): void
}

/** Logs in at a socket; any error means that the server did not let us in. */
export type Connect = (socketPath: string, login: Login) => Promise<Session>

/** The server is gone, or does not answer in time. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** A server of a tenant, as its administrator sees it. */
export interface Server {
  readonly query: Query
  /** Whether somebody gets in and may ask something. */
  admits(login: Login): Promise<boolean>
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const unavailable = ({ service }: DatabaseEndpoint, cause: unknown): WaitingError => {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new WaitingError('DatabaseUnavailable', `${service} can't be asked: ${why}`, RETRY_MS, { cause })
}

const admits = async (connect: Connect, socketPath: string, login: Login): Promise<boolean> => {
  const session = await connect(socketPath, login).catch(() => undefined)
  if (session === undefined) return false
  const answered = await session.query(sql`SELECT 1`).catch(() => undefined)
  session.close()
  return answered !== undefined
}

/** How a server is entered. */
export interface Visit {
  readonly connect: Connect
  readonly admin: Login
}

/**
 * Connects as the administrator over the service's socket for as long as `work` lasts.
 *
 * @throws WaitingError `DatabaseUnavailable` while it can't be asked, TerminalError `SocketRefused`, and the error of
 *   the server when it refuses a statement.
 */
export const visit = async <T>(
  endpoint: DatabaseEndpoint,
  { connect, admin }: Visit,
  work: (server: Server) => Promise<T>,
): Promise<T> => {
  try {
    return await withTenantSocket(endpoint.socket, async (path) => {
      const session = await connect(path, admin).catch((error: unknown) => {
        throw unavailable(endpoint, error)
      })
      try {
        return await work({ query: session.query, admits: (login) => admits(connect, path, login) })
      } finally {
        session.close()
      }
    })
  } catch (error) {
    // open(2) of the socket fails with a code of its own while the service has none.
    const isGone = error instanceof ConnectionLost || codeOf(error) === 'ENOENT'
    throw isGone ? unavailable(endpoint, error) : error
  }
}
