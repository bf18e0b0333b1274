import { readFile, rm } from 'node:fs/promises'
import { writeFileAtomically } from './write-file.ts'

/** A process as it was started: the start time tells it from a later one under the same id. */
export interface StartedProcess {
  readonly pid: number
  /** Field 22 of /proc/PID/stat, in clock ticks after boot (proc(5)). */
  readonly startTime: string
  /** Digest of the configuration that it runs with. */
  readonly configDigest: string
}

const isStartedProcess = (value: unknown): value is StartedProcess =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  Number.isSafeInteger(value.pid) &&
  'startTime' in value &&
  typeof value.startTime === 'string' &&
  'configDigest' in value &&
  typeof value.configDigest === 'string'

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Undefined when no such process lives; one that has ended and waits for its parent is none. */
export const readStartTime = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  // The name stands in parentheses and may hold any character; field 3 follows it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

/** The process that the file names, if it still lives. */
export const readLivingProcess = async (path: string): Promise<StartedProcess | undefined> => {
  const started = parse(await readFile(path, 'utf8').catch(() => ''))
  if (!isStartedProcess(started)) return undefined
  return (await readStartTime(started.pid)) === started.startTime ? started : undefined
}

export const writeProcessFile = (path: string, started: StartedProcess): Promise<void> =>
  writeFileAtomically(path, `${JSON.stringify(started)}\n`, 0o644)

export const removeProcessFile = (path: string): Promise<void> => rm(path, { force: true })
