import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readKernelFile } from './kernel-files.ts'

/** A process that can't be mistaken for another one that got its id later. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot: field 22 of /proc/PID/stat, proc(5). */
  readonly startTime: string
}

/** Undefined when there is no such process, or only its zombie. */
export const identify = (pid: number): ProcessIdentity | undefined => {
  const stat = readKernelFile(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The second field, the command's name, may hold anything; the third follows its last parenthesis.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTime = fields[18]
  return startTime === undefined || state === 'Z' || state === 'X' ? undefined : { pid, startTime }
}

export const isAlive = (identity: ProcessIdentity): boolean => identify(identity.pid)?.startTime === identity.startTime

/** Undefined when the file is missing, or holds something else. */
export const readIdentity = (path: string): ProcessIdentity | undefined => {
  const text = readKernelFile(path)
  if (text === undefined) return undefined
  const parsed = parse(text)
  if (typeof parsed !== 'object' || parsed === null || !('pid' in parsed) || !('startTime' in parsed)) return undefined
  const { pid, startTime } = parsed
  return Number.isInteger(pid) && typeof pid === 'number' && pid > 1 && typeof startTime === 'string'
    ? { pid, startTime }
    : undefined
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The process that the file names, if it is the very one and lives. */
export const readLiving = (path: string): ProcessIdentity | undefined => {
  const identity = readIdentity(path)
  return identity && isAlive(identity) ? identity : undefined
}

export const writeIdentity = (path: string, identity: ProcessIdentity): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 })
  writeFileSync(`${path}.new`, `${JSON.stringify(identity)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

export const removeIdentity = (path: string): void => rmSync(path, { force: true })
