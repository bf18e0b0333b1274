import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** What a recipe takes from npm: exact versions, each held by the hash of its archive. */
export interface NpmPackages {
  /** Directory in the image, without leading slash, that gets `package.json` and `node_modules`. */
  readonly to: string
  /** `package.json`. */
  readonly manifest: string
  /** `package-lock.json`. */
  readonly lock: string
}

const MANIFEST = 'package.json'
const LOCK = 'package-lock.json'
/** What npm notes for itself in a tree: it tells which registry this host uses, and nothing reads it in an image. */
const NOTES = [LOCK, 'node_modules/.package-lock.json']
const KEPT_LINES = 15

/**
 * Reads `package.json` and `package-lock.json` of a recipe.
 * @throws Error that names the file when one is missing, and the package when the lock does not hold it by a hash.
 */
export const readNpmPackages = async (directory: string, to: string): Promise<NpmPackages> => {
  const [manifest, lock] = await Promise.all([MANIFEST, LOCK].map((name) => readFile(join(directory, name), 'utf8')))
  if (manifest === undefined || lock === undefined) throw new Error(`${directory}: cannot be read`)
  const mistakes = lockMistakes(JSON.parse(lock))
  if (mistakes.length > 0) throw new Error(`${join(directory, LOCK)}: ${mistakes.join('; ')}`)
  return { to, manifest, lock }
}

/** Names a registry nowhere, so that every host may use its own, and takes nothing that was not seen before. */
const lockMistakes = (lock: unknown): readonly string[] => {
  if (!isObject(lock) || !isObject(lock.packages)) return ['not a lock of npm 7 or newer']
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    if (path === '') return []
    if (!isObject(entry) || typeof entry.version !== 'string') return [`${path} has no version`]
    if (entry.resolved !== undefined) return [`${path} is bound to ${String(entry.resolved)}: omit resolved`]
    return typeof entry.integrity === 'string' || entry.inBundle === true ? [] : [`${path} has no integrity`]
  })
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * Installs the packages and returns the directory that holds them, a new one in `workDirectory`. No script of a package is
 * run, and npm's cache is below `workDirectory` too.
 * @throws Error with npm's first lines when it fails, or when there is no npm on this host.
 */
export const installNpmPackages = async (
  packages: NpmPackages,
  workDirectory: string,
  signal: AbortSignal,
): Promise<string> => {
  const directory = join(workDirectory, 'npm')
  await mkdir(directory)
  await Promise.all([
    writeFile(join(directory, MANIFEST), packages.manifest),
    writeFile(join(directory, LOCK), packages.lock),
  ])
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--no-progress', '--loglevel=error']
  const cache = `--cache=${join(workDirectory, 'npm-cache')}`
  await runNpm(['ci', '--omit=dev', '--ignore-scripts', ...quiet, cache], directory, signal)
  await Promise.all(NOTES.map((name) => rm(join(directory, name), { force: true })))
  return directory
}

const runNpm = async (args: readonly string[], directory: string, signal: AbortSignal): Promise<void> => {
  const child = spawn('npm', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'], signal })
  const [closed, errors] = await Promise.allSettled([once(child, 'close'), text(child.stderr)])
  signal.throwIfAborted()
  if (closed.status === 'rejected') throw new Error(`npm cannot be run: ${String(closed.reason)}`)
  const [code]: unknown[] = closed.value
  if (code === 0) return
  const lines = errors.status === 'fulfilled' ? errors.value.split('\n') : []
  // The reason comes first, advice and the usage of the command after it.
  const kept = lines.filter((line) => line.startsWith('npm error')).slice(0, KEPT_LINES)
  throw new Error(`npm ${args[0]}: exit code ${String(code)}: ${kept.join('\n')}`)
}
