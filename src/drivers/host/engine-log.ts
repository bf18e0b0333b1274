import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

const MAX_BYTES = 5 * 1024 * 1024
const TAIL_BYTES = 16_384

export const engineLogPath = (logs: string): string => join(logs, 'engine.log')

/** Opens the engine's log for appending, emptied when it has grown over 5 MiB. The caller closes it. */
export const openEngineLog = (logs: string): number => {
  mkdirSync(logs, { recursive: true, mode: 0o750 })
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants
  const descriptor = openSync(engineLogPath(logs), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o640)
  if (fstatSync(descriptor).size > MAX_BYTES) ftruncateSync(descriptor)
  return descriptor
}

/** The last whole lines of the engine's log that tell of a failure, at most `count`. */
export const readEngineLogTail = (logs: string, count: number): string => {
  const descriptor = openSync(engineLogPath(logs), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const start = Math.max(0, fstatSync(descriptor).size - TAIL_BYTES)
    const buffer = Buffer.alloc(TAIL_BYTES)
    const length = readSync(descriptor, buffer, 0, TAIL_BYTES, start)
    const lines = buffer.toString('utf8', 0, length).trimEnd().split('\n')
    const whole = start === 0 ? lines : lines.slice(1)
    return whole
      .filter((line) => !/level=(debug|info|warning)/.test(line))
      .slice(-count)
      .join('\n')
  } finally {
    closeSync(descriptor)
  }
}
