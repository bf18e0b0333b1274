import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'

/** The error's code, such as `ENOENT`; undefined for anything that is not a system error. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ESRCH'])

/** True for the errors that mean: the file, or the process or group it tells of, is not there. */
export const isAbsent = (error: unknown): boolean => ABSENT.has(errorCode(error) ?? '')

/**
 * Text of a file of the kernel's, trimmed; undefined when it, or the process or group it tells of, is gone.
 * Synchronous: such files answer from memory, and a trip through the thread pool costs ten times the reading.
 */
export const readKernelFile = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

const WRITE_ONLY = constants.O_WRONLY | constants.O_TRUNC

/** Writes one value to a file of the kernel's, in one write, and never creates a file. */
export const writeKernelFile = (path: string, value: string): void => {
  const descriptor = openSync(path, WRITE_ONLY)
  try {
    writeSync(descriptor, value)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * The same in the thread pool, for a value that the kernel may need time to take: before it lowers a memory limit, it
 * reclaims.
 */
export const writeSlowKernelFile = (path: string, value: string): Promise<void> =>
  writeFile(path, value, { flag: WRITE_ONLY })
