import { type FileHandle, open } from 'node:fs/promises'
import { field, textField } from './status-object.ts'

/** One line of the daemon's log of events. */
export interface LoggedEvent {
  /** RFC 3339. */
  readonly time: string
  readonly type: string
  readonly reason: string
  readonly object: string
  readonly message: string
  /** The whole line, for programs. */
  readonly raw: unknown
}

const ROTATED = ['.3', '.2', '.1', ''] as const

/** Undefined for a line that is none, such as one cut off by a crash. */
const parseLine = (line: string): LoggedEvent | undefined => {
  try {
    const raw: unknown = JSON.parse(line)
    const time = textField(raw, 'time')
    if (time === '' || field(raw, 'object') === undefined) return undefined
    const [type, reason, object, message] = ['type', 'reason', 'object', 'message'].map((name) => textField(raw, name))
    return { time, type: type ?? '', reason: reason ?? '', object: object ?? '', message: message ?? '', raw }
  } catch {
    return undefined
  }
}

const openIfThere = async (path: string): Promise<FileHandle | undefined> => {
  try {
    return await open(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Reads a log that another process appends to and rotates by renaming: each event once, in order. */
export class EventLog {
  readonly #path: string
  /** The file that was read last, and how far. */
  #inode: number | undefined
  #offset = 0

  constructor(path: string) {
    this.#path = path
  }

  /** What came since the last call; at first all there is, the rotated files too. */
  async read(): Promise<readonly LoggedEvent[]> {
    const found: LoggedEvent[] = []
    let reading = this.#inode === undefined
    for (const suffix of ROTATED) {
      const file = await openIfThere(this.#path + suffix)
      if (file === undefined) continue
      try {
        const { ino } = await file.stat()
        const known = ino === this.#inode
        // Where the known file was rotated away altogether, the current one is all that is left.
        if (!known && !reading && suffix !== '') continue
        reading = true
        found.push(...(await this.#readFrom(file, ino, known ? this.#offset : 0)))
      } finally {
        await file.close()
      }
    }
    return found
  }

  /** Leaves a last line without its end for the next time. */
  async #readFrom(file: FileHandle, ino: number, offset: number): Promise<LoggedEvent[]> {
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.max(0, size - offset))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
    const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1
    this.#inode = ino
    this.#offset = offset + end
    const lines = buffer.toString('utf8', 0, end).split('\n')
    return lines.map(parseLine).filter((event) => event !== undefined)
  }
}

/** True for events of the account; without one, for all. */
export const isOf =
  (account: string | undefined) =>
  ({ object }: LoggedEvent): boolean =>
    account === undefined || object === `Account/${account}`
