import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { undefinedIfMissing } from '../system-error.ts'

/** Whose requests are wanted. Both have to fit: a host may have been another tenant's, and so may an address. */
export interface AccessFilter {
  /** Address of the tenant's NIC. */
  readonly address: string
  /** As the table has them. */
  readonly hosts: ReadonlySet<string>
  /** Milliseconds since the epoch; 0: from the beginning of what is kept. */
  readonly since: number
}

/** One request. */
export interface AccessLine {
  /** RFC 3339. */
  readonly time: string
  readonly host: string
  /** Who connected, such as a CDN. */
  readonly remote: string
  readonly method: string
  readonly uri: string
  readonly protocol: string
  readonly status: number
  /** Bytes of the answer's body. */
  readonly size: number
  readonly seconds: number
  readonly referer: string
  readonly userAgent: string
  /** What the client said of itself, or a trusted proxy of it. */
  readonly forwardedFor: string
}

const field = (value: unknown, name: string): unknown => {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  return found
}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** Several headers of one name, as one: RFC 9110, section 5.2. */
const header = (request: unknown, name: string): string => {
  const values = field(field(request, 'headers'), name)
  return Array.isArray(values) ? values.map(text).join(', ') : ''
}

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    // The last line of a server that was killed.
    return undefined
  }
}

const hostOf = (value: string): string =>
  value
    .toLowerCase()
    .replace(/:[0-9]*$/, '')
    .replace(/\.$/, '')

/** What the filter lets through of one line of Caddy's; undefined for all else. */
export const parseAccessLine = (line: string, { address, hosts, since }: AccessFilter): AccessLine | undefined => {
  // Most lines are other tenants': they are not worth parsing.
  if (!line.includes(`"user_id":"${address}:`)) return undefined
  const value = parse(line)
  const request = field(value, 'request')
  const host = hostOf(text(field(request, 'host')))
  const time = text(field(value, 'ts'))
  const isWanted = text(field(value, 'user_id')).startsWith(`${address}:`) && hosts.has(host)
  if (!isWanted || Date.parse(time) < since) return undefined
  return {
    time,
    host,
    remote: text(field(request, 'remote_ip')),
    method: text(field(request, 'method')),
    uri: text(field(request, 'uri')),
    protocol: text(field(request, 'proto')),
    status: number(field(value, 'status')),
    size: number(field(value, 'size')),
    seconds: number(field(value, 'duration')),
    referer: header(request, 'Referer'),
    userAgent: header(request, 'User-Agent'),
    forwardedFor: header(request, 'X-Forwarded-For'),
  }
}

/** Oldest first. Caddy names what it has rolled after the time: `access-2026-01-31T12-00-00.000.log.gz`. */
const filesOf = async (log: string): Promise<readonly string[]> => {
  const suffix = extname(log)
  const prefix = `${basename(log, suffix)}-`
  const names = (await readdir(dirname(log)).catch(undefinedIfMissing)) ?? []
  const rolled = names.filter(
    (name) => name.startsWith(prefix) && (name.endsWith(suffix) || name.endsWith(`${suffix}.gz`)),
  )
  return [...rolled.sort(), ...names.filter((name) => name === basename(log))].map((name) => join(dirname(log), name))
}

/** Requests for one tenant, in the order in which they ended, out of all files that are kept. */
export async function* readAccessLog(log: string, filter: AccessFilter): AsyncGenerator<AccessLine> {
  for (const path of await filesOf(log)) {
    const bytes = createReadStream(path)
    const input = path.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes
    for await (const line of createInterface({ input })) {
      const wanted = parseAccessLine(line, filter)
      if (wanted !== undefined) yield wanted
    }
  }
}
