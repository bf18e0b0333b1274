import { type FSWatcher, watch } from 'node:fs'
import type { Io } from './io.ts'

/** The longest time between two looks: events may be lost, and a directory that isn't there yet can't be watched. */
const RECHECK_MS = 500

const tryWatch = (directory: string, onChange: () => void): FSWatcher | undefined => {
  try {
    const watcher = watch(directory, onChange)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}

/**
 * Yields when it is time to look at a directory: at once, after a change, and now and then in between. Ends only with
 * the caller's loop, or with an error when `io.signal` aborts.
 */
export async function* looks(directory: string, { clock, signal }: Pick<Io, 'clock' | 'signal'>): AsyncGenerator<void> {
  let wake = new AbortController()
  let watcher = tryWatch(directory, () => wake.abort())
  try {
    for (;;) {
      signal.throwIfAborted()
      yield
      await clock.sleep(RECHECK_MS, AbortSignal.any([signal, wake.signal])).catch(() => {})
      wake = new AbortController()
      watcher ??= tryWatch(directory, () => wake.abort())
    }
  } finally {
    watcher?.close()
  }
}
