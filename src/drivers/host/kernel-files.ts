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

const { O_TRUNC, O_WRONLY } = constants

/** The kernel's own words tell neither the file nor the value. Keeps the error's code. */
const refused = (path: string, value: string, cause: unknown): Error => {
  const code = errorCode(cause)
  const error = new Error(`the kernel refuses ${value} in ${path}: ${code ?? String(cause)}`, { cause })
  return code === undefined ? error : Object.assign(error, { code })
}

/**
 * Writes one value to a file of the kernel's, in one write, and never creates a file.
 * @throws Error with the system error's code, the path and the value.
 */
export const writeKernelFile = (path: string, value: string): void => {
  try {
    const descriptor = openSync(path, O_WRONLY | O_TRUNC)
    try {
      writeSync(descriptor, value)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw refused(path, value, error)
  }
}

const writeInThreadPool = async (path: string, value: string, flag: number): Promise<void> => {
  try {
    await writeFile(path, value, { flag })
  } catch (error) {
    throw refused(path, value, error)
  }
}

/**
 * The same in the thread pool, for a value that the kernel may need time to take: before it lowers a memory limit, it
 * reclaims.
 */
export const writeSlowKernelFile = (path: string, value: string): Promise<void> =>
  writeInThreadPool(path, value, O_WRONLY | O_TRUNC)

/**
 * The same for a value that the kernel may refuse. Whoever watches the file is told of what was taken only: opening with
 * O_TRUNC would tell of a change each time, and a pass that follows such a watch would try again at once, for ever.
 */
export const offerKernelFile = (path: string, value: string): Promise<void> => writeInThreadPool(path, value, O_WRONLY)
