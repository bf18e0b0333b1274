import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError, EXIT } from './exit-codes.ts'
import { type StatusObject, toStatusObject } from './status-object.ts'

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

const unreadable = (path: string, error: unknown): CliError => {
  const denied = error instanceof Error && 'code' in error && error.code === 'EACCES'
  const message = denied
    ? 'permission denied: run this as root'
    : error instanceof Error
      ? error.message
      : String(error)
  return new CliError(EXIT.failed, `${path} can't be read: ${message}`, { cause: error })
}

const SUFFIX = '.json'
/** No name that leaves the directory. */
const NAME = /^[a-z0-9][a-z0-9.-]*$/

/** A damaged file says of its object that there is one, and no more. */
const parseStatus = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return { metadata: { name } }
  }
}

/** Undefined when there is none, or what is there is none of ours. */
export const readStatusFile = async (directory: string, name: string): Promise<StatusObject | undefined> => {
  if (!NAME.test(name)) return undefined
  const path = join(directory, name + SUFFIX)
  try {
    return toStatusObject(parseStatus(await readFile(path, 'utf8'), name))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw unreadable(path, error)
  }
}

/** Names of all, sorted; none when there is no such directory. */
export const listStatusFiles = async (directory: string): Promise<readonly string[]> => {
  try {
    const files = await readdir(directory)
    const names = files.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length))
    return names.sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw unreadable(directory, error)
  }
}

/** The objects named, or all. Names that have none are left out. */
export const readStatusFiles = async (
  directory: string,
  names: readonly string[],
): Promise<readonly StatusObject[]> => {
  const wanted = names.length > 0 ? names : await listStatusFiles(directory)
  const found = await Promise.all(wanted.map((name) => readStatusFile(directory, name)))
  return found.filter((object) => object !== undefined)
}

export const accountNotFound = (name: string): CliError =>
  new CliError(EXIT.notFound, `there is no account ${name} (palisade get accounts lists them)`)

/**
 * One account's status.
 * @throws CliError with the exit code for what is not found.
 */
export const readAccount = async (directory: string, name: string): Promise<StatusObject> => {
  const object = await readStatusFile(directory, name)
  if (object === undefined) throw accountNotFound(name)
  return object
}
