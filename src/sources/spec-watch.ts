import { realpath, stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Logger } from 'pino'
import type { Clock } from '../ports/store.ts'
import { isIgnoredName, isSpecName } from './spec-names.ts'
import { probeFile, SpecSettling } from './spec-settling.ts'

export interface WatchOptions {
  /**
   * Something has changed, and come to rest: load everything. Also called once when the watch stands, so that nothing
   * that happened before is missed. `unsettled` are files in the making, for `loadSpecs`.
   */
  readonly onChange: (unsettled: ReadonlySet<string>) => void
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly logger: Pick<Logger, 'debug' | 'warn'>
}

/** How often the directory is asked whether it is still the same one; it may be replaced as a whole. */
const ROOT_CHECK_MS = 1000

interface Place {
  /** Tells one directory from another: inode numbers are given again, the time of birth is not. */
  readonly identity: string
  readonly realPath: string
}

const findPlace = async (directory: string): Promise<Place | undefined> => {
  try {
    const realPath = await realpath(directory)
    const { dev, ino, birthtimeNs } = await stat(realPath, { bigint: true })
    return { identity: `${realPath} ${dev} ${ino} ${birthtimeNs}`, realPath }
  } catch {
    return undefined
  }
}

/** `touch` gets paths relative to the directory. */
const startWatcher = (directory: string, touch: (path: string) => void, logger: WatchOptions['logger']): FSWatcher => {
  const isIgnored = (path: string): boolean => {
    const below = relative(directory, path)
    return below !== '' && below.split('/').some(isIgnoredName)
  }
  const watcher = watch(directory, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path, stats) => isIgnored(path) || (stats?.isFile() === true && !isSpecName(basename(path))),
  })
  return watcher
    .on('all', (_, path) => touch(relative(directory, path)))
    .on('error', (error) => logger.warn({ err: error }, 'watching the specs failed; changes are seen at the resync'))
}

const ready = (watcher: FSWatcher): Promise<void> => new Promise((done) => watcher.once('ready', done))

/**
 * Watches a directory of specs until `signal` aborts. Links are not followed: what stands behind one in a hidden
 * directory is seen at the resync.
 */
export const watchSpecs = async (directory: string, options: WatchOptions): Promise<void> => {
  const { onChange, clock, signal, logger } = options
  const root = resolve(directory)
  const settling = new SpecSettling({
    clock,
    probe: probeFile,
    onSettled: () => onChange(settling.unsettled()),
    signal,
  })
  while (!signal.aborted) {
    const place = await findPlace(root)
    const watcher = place && startWatcher(place.realPath, (path) => settling.touch(join(root, path)), logger)
    try {
      if (watcher !== undefined) await ready(watcher)
      logger.debug({ directory: root, place: place?.realPath }, 'watching the specs')
      onChange(settling.unsettled())
      do await clock.sleep(ROOT_CHECK_MS, signal)
      while ((await findPlace(root))?.identity === place?.identity)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await watcher?.close()
    }
  }
}
