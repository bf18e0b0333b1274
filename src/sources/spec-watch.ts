import { realpath, stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Logger } from 'pino'
import type { Clock } from '../ports/store.ts'
import { isIgnoredName, isSpecName } from './spec-names.ts'
import { probeFile, SpecSettling } from './spec-settling.ts'

export interface WatchOptions {
  /**
   * Something has changed, and come to rest: load everything. Also called when the watch stands, so that nothing that
   * happened before is missed, and every minute. `unsettled` are files in the making, for `loadSpecs`.
   */
  readonly onChange: (unsettled: ReadonlySet<string>) => void
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly logger: Pick<Logger, 'debug' | 'warn'>
}

/** How often the directory is asked whether it is still the same one; it may be replaced as a whole. */
const ROOT_CHECK_MS = 1000
/** Network file systems tell nothing of what others write, and nothing is told of what stands behind a link. */
const LOOK_ANYWAY_MS = 60_000

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
    .on('error', (error) => logger.warn({ err: error }, 'a part of the specs is not watched'))
}

const ready = (watcher: FSWatcher): Promise<void> => new Promise((done) => watcher.once('ready', done))

/** Until the directory should be read again though nothing was told, or is another one than `place`. */
const waitForNextLook = async (
  root: string,
  place: Place | undefined,
  { clock, signal }: WatchOptions,
): Promise<void> => {
  const until = clock.now() + LOOK_ANYWAY_MS
  do await clock.sleep(ROOT_CHECK_MS, signal)
  while (clock.now() < until && (await findPlace(root))?.identity === place?.identity)
}

/**
 * Watches a directory of specs until `signal` aborts. Links are not followed: what changes behind one in a hidden
 * directory is seen within a minute.
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
      do {
        onChange(settling.unsettled())
        await waitForNextLook(root, place, options)
      } while ((await findPlace(root))?.identity === place?.identity)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await watcher?.close()
    }
  }
}
