import { Socket } from 'node:net'
import { Client, DatabaseError } from 'pg'
import { CONNECT_TIMEOUT_MS, type Connect, ConnectionLost, QUERY_TIMEOUT_MS, type Query } from './session.ts'
import { textOf } from './sql.ts'

/** The server is starting or going down: class 57 of PostgreSQL's error codes. */
const OUT_OF_SERVICE = /^57P0/

const queryOn =
  (client: Client): Query =>
  async (statement) => {
    try {
      const { rows } = await client.query<unknown[]>({ text: textOf(statement), rowMode: 'array' })
      return rows.map((row) => row.map(String))
    } catch (error) {
      if (error instanceof DatabaseError && !OUT_OF_SERVICE.test(error.code ?? '')) throw error
      throw new ConnectionLost(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }

/** pg names the socket's directory alone and adds a name of its own; this connects to the very path. */
const socketTo = (path: string): Socket => {
  const socket = new Socket()
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, { connect: () => connect(path) })
}

/** Logs in to PostgreSQL's own database, `postgres`. */
export const connectPostgres: Connect = async (socketPath, login) => {
  const socket = socketTo(socketPath)
  const client = new Client({
    ...login,
    database: 'postgres',
    host: 'localhost',
    ssl: false,
    stream: () => socket,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: QUERY_TIMEOUT_MS,
    application_name: 'palisade',
    // A name without a schema is the engine's own, whatever the tenant made under that name.
    options: '-c search_path=',
  })
  // Each query rejects on its own; without a listener the same error would end the process.
  client.on('error', () => undefined)
  const close = (): void => {
    if (socket.destroyed) return
    client.end().catch(() => undefined)
    socket.destroySoon()
  }
  try {
    await client.connect()
    return { query: queryOn(client), close }
  } catch (error) {
    socket.destroy()
    throw error
  }
}
