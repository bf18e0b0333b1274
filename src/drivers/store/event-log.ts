import { appendFile, mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock, EventEntry } from '../../ports/store.ts'
import { undefinedIfMissing } from '../system-error.ts'

export interface EventLogOptions {
  readonly path: string
  readonly clock: Clock
  /** A file that has reached this size, in bytes, is put aside. */
  readonly rotateBytes: number
  /** How many files that were put aside are kept: `PATH.1` is the latest. */
  readonly keep: number
}

const newline = 0x0a

/** A line that a crash has cut off must not swallow the next one. */
const endsOpen = async (path: string, size: number): Promise<boolean> => {
  const file = await open(path, 'r')
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
    return buffer[0] !== newline
  } finally {
    await file.close()
  }
}

/** Appends one line of JSON per event, with its time (RFC 3339). Appends come out in the order of the calls. */
export const createEventLog = ({ path, clock, rotateBytes, keep }: EventLogOptions) => {
  /** Size of the file in bytes; undefined until the first append. */
  let size: number | undefined
  /** The append that is under way. */
  let last: Promise<void> = Promise.resolve()

  const openLog = async (): Promise<number> => {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    const found = (await stat(path).catch(undefinedIfMissing))?.size ?? 0
    if (found === 0 || !(await endsOpen(path, found))) return found
    await appendFile(path, '\n')
    return found + 1
  }

  const rotate = async (): Promise<void> => {
    for (let number = keep - 1; number >= 1; number--) {
      await rename(`${path}.${number}`, `${path}.${number + 1}`).catch(undefinedIfMissing)
    }
    await rename(path, `${path}.1`).catch(undefinedIfMissing)
  }

  const append = async (line: string): Promise<void> => {
    let before = size ?? (await openLog())
    if (before >= rotateBytes) {
      await rotate()
      before = 0
    }
    // Unknown while it is being written: when that fails, the file is looked at again.
    size = undefined
    await appendFile(path, line, { mode: 0o640 })
    size = before + Buffer.byteLength(line)
  }

  return (event: EventEntry): Promise<void> => {
    const line = `${JSON.stringify({ time: new Date(clock.now()).toISOString(), ...event })}\n`
    const appended = last.then(() => append(line))
    last = appended.catch(() => {})
    return appended
  }
}
