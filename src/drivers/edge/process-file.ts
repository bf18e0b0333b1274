import { readFile, rm } from 'node:fs/promises'
import { isAlive, type ProcessIdentity } from '../host/process-identity.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'

/** A process of a server, as it was started. */
export interface StartedProcess extends ProcessIdentity {
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

/** The process that the file names, if it still lives. */
export const readLivingProcess = async (path: string): Promise<StartedProcess | undefined> => {
  const started = parse(await readFile(path, 'utf8').catch(() => ''))
  return isStartedProcess(started) && isAlive(started) ? started : undefined
}

export const writeProcessFile = (path: string, started: StartedProcess): Promise<void> =>
  writeFileAtomically(path, `${JSON.stringify(started)}\n`, 0o644)

export const removeProcessFile = (path: string): Promise<void> => rm(path, { force: true })
