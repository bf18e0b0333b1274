import { realpath, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '../ports/store.ts'
import { probeFile, SpecSettling } from './spec-settling.ts'
import { TreeWatch } from './tree-watch.ts'

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
    const watch = new TreeWatch({
      onTouch: (path) => settling.touch(join(root, relative(place?.realPath ?? root, path))),
      onError: (error) => logger.warn({ err: error }, 'a directory of the specs is not watched'),
    })
    try {
      if (place !== undefined) await watch.begin(place.realPath)
      logger.debug({ directory: root, place: place?.realPath }, 'watching the specs')
      do {
        onChange(settling.unsettled())
        await waitForNextLook(root, place, options)
      } while ((await findPlace(root))?.identity === place?.identity)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      watch.close()
    }
  }
}
