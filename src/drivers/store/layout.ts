import { mkdir, readdir } from 'node:fs/promises'
import type { HostSettings } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import { undefinedIfMissing } from '../system-error.ts'
import type { WriteOptions } from './json-files.ts'

export const suffix = '.json'

/** A name that can stand in a path: lower case, no slash, no dots in a row. */
export const isName = (text: string): boolean =>
  text.length <= 200 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(text) && !text.includes('..')

/** @throws TerminalError `InvalidName` */
export const checkName = (name: string): string => {
  if (isName(name)) return name
  throw new TerminalError('InvalidName', `${JSON.stringify(name.slice(0, 250))} can't be the name of an object`)
}

/** @throws TerminalError `InvalidName` */
export const checkKind = (kind: string): string => {
  if (/^[A-Z][A-Za-z]{0,62}$/.test(kind)) return kind
  throw new TerminalError('InvalidName', `${JSON.stringify(kind.slice(0, 250))} can't be a kind of object`)
}

export const renderJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Names of the objects that have a file in the directory; nothing else in there counts. */
export const listNames = async (directory: string): Promise<readonly string[]> => {
  const files = (await readdir(directory).catch(undefinedIfMissing)) ?? []
  return files
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .filter(isName)
    .sort()
}

const ensureDirectories = async (settings: HostSettings, path: string, mode: number): Promise<void> => {
  // The state directory is for all to pass; what is in it guards itself.
  await mkdir(settings.stateDirectory, { recursive: true, mode: 0o755 })
  await mkdir(path, { recursive: true, mode })
}

export const forRecords = (settings: HostSettings): WriteOptions => ({
  mode: 0o600,
  durability: 'durable',
  ensureDirectory: (path) => ensureDirectories(settings, path, 0o700),
})

/** For root, and for the group that the directory gives its files to: log lines of tenants are in there. */
export const forStatus = (settings: HostSettings): WriteOptions => ({
  mode: 0o640,
  durability: 'lazy',
  ensureDirectory: (path) => ensureDirectories(settings, path, 0o755),
})
