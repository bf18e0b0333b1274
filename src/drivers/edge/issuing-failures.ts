import { open } from 'node:fs/promises'
import { undefinedIfMissing } from '../system-error.ts'

/** Of the log's end; older failures say nothing of the last order. */
const TAIL_BYTES = 256 * 1024
const LONGEST_WORDS = 300

const readTail = async (path: string): Promise<string> => {
  const file = await open(path, 'r').catch(undefinedIfMissing)
  if (file === undefined) return ''
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - TAIL_BYTES)
    const buffer = Buffer.alloc(size - start)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

interface Failure {
  readonly error: string
  /** Whether it is a challenge that was not met: Caddy tells of the order after it, without saying so. */
  readonly isChallenge: boolean
}

const failureIn = (line: string, host: string): Failure | undefined => {
  try {
    const entry: unknown = JSON.parse(line)
    if (typeof entry !== 'object' || entry === null || !('identifier' in entry) || entry.identifier !== host) {
      return undefined
    }
    if (!('error' in entry) || typeof entry.error !== 'string') return undefined
    const isChallenge = 'msg' in entry && (entry.msg === 'challenge failed' || entry.msg === 'validating authorization')
    return { error: entry.error, isChallenge }
  } catch {
    return undefined
  }
}

/** Without what is new in each order, such as its address: a status that tells it would never stand still. */
const steady = (error: string): string =>
  error
    .replace(/https?:\/\/\S+/g, '')
    .replace(/\s*\((?:order|authz|ca)=[^)]*\)?/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_WORDS)

/** Why Caddy got no certificate for the host, as its log says last; empty when it says nothing. */
export const lastIssuingFailure = async (log: string, host: string): Promise<string> => {
  const lines = (await readTail(log)).split('\n').filter((line) => line.includes(`"${host}"`))
  const failures = lines.map((line) => failureIn(line, host)).filter((error) => error !== undefined)
  const [before, last] = failures.slice(-2)
  if (last === undefined) return steady(before?.error ?? '')
  return steady(before?.isChallenge === true ? `challenge failed: ${last.error}` : last.error)
}
