import type Docker from 'dockerode'
import { frames, type StreamName } from './frames.ts'

/** One line that a service wrote. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, so that texts of one length sort as times. */
  readonly time: string
  readonly stream: StreamName
  readonly text: string
}

export interface LogOptions {
  /** Lines from the end. */
  readonly tail: number | 'all'
  /** Milliseconds since the epoch. */
  readonly since: number
}

const NEWLINE = 10
/** A line that is longer is told in parts. */
const MAX_LINE_BYTES = 1024 * 1024

interface Pending {
  readonly time: string
  readonly parts: readonly Buffer[]
  readonly bytes: number
}

/** The engine keeps long lines in parts of 16 KiB, each with a time before it, and only the last with an end. */
export async function* linesOf(chunks: AsyncIterable<string | Buffer>): AsyncGenerator<LogLine> {
  const pending = new Map<StreamName, Pending>()
  const lineOf = (stream: StreamName, { time, parts }: Pending): LogLine => ({
    time,
    stream,
    text: Buffer.concat(parts)
      .toString()
      .replace(/\r?\n$/, ''),
  })
  for await (const { stream, payload } of frames(chunks)) {
    const space = payload.indexOf(' ')
    const text = payload.subarray(space + 1)
    const before = pending.get(stream) ?? { time: payload.subarray(0, space).toString(), parts: [], bytes: 0 }
    const line = { ...before, parts: [...before.parts, text], bytes: before.bytes + text.length }
    if (text.at(-1) !== NEWLINE && line.bytes < MAX_LINE_BYTES) pending.set(stream, line)
    else {
      pending.delete(stream)
      yield lineOf(stream, line)
    }
  }
  for (const [stream, line] of pending) yield lineOf(stream, line)
}

const query = ({ tail, since }: LogOptions) => ({
  stdout: true,
  stderr: true,
  timestamps: true,
  since: since / 1_000,
  ...(tail === 'all' ? {} : { tail }),
})

/** What the service wrote up to now, at most what the engine keeps of it: see the container's log rotation. */
export const readLines = async (docker: Docker, id: string, options: LogOptions): Promise<LogLine[]> => {
  const whole = await docker.getContainer(id).logs({ ...query(options), follow: false })
  const lines: LogLine[] = []
  for await (const line of linesOf(
    (async function* () {
      yield whole
    })(),
  ))
    lines.push(line)
  return lines
}

/** The same, and what it writes from now on: until its container ends, or `abortSignal` aborts. */
export async function* followLines(
  docker: Docker,
  id: string,
  options: LogOptions,
  abortSignal: AbortSignal,
): AsyncGenerator<LogLine> {
  const stream = await docker.getContainer(id).logs({ ...query(options), follow: true, abortSignal })
  yield* linesOf(stream)
}
