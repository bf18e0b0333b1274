import type { Clock } from '../ports/store.ts'

const MINUTE_MS = 60_000

/** Keys that are due at whole minutes, each at one time. One timer for all of them, and none while there are none. */
export interface Timetable {
  /** `at` in milliseconds since the epoch; replaces the key's former time. */
  set(key: string, at: number): void
  delete(key: string): void
  clear(): void
}

/** Calls `ring` once for each key whose time has come, in the order of their times. */
export const createTimetable = (clock: Clock, ring: (key: string, at: number) => void): Timetable => {
  const times = new Map<string, number>()
  /** The same, the other way round. No set in here is empty. */
  const keysAt = new Map<number, Set<string>>()
  let ticking: AbortController | undefined

  const remove = (key: string): void => {
    const at = times.get(key)
    if (at === undefined) return
    times.delete(key)
    const keys = keysAt.get(at)
    keys?.delete(key)
    if (keys?.size === 0) keysAt.delete(at)
  }

  const ringDue = (): void => {
    const now = clock.now()
    const due = [...keysAt.keys()].filter((at) => at <= now).sort((a, b) => a - b)
    for (const at of due) {
      for (const key of [...(keysAt.get(at) ?? [])]) {
        // One that rang before may have taken it out.
        if (times.get(key) !== at) continue
        remove(key)
        ring(key, at)
      }
    }
  }

  const tick = async (signal: AbortSignal): Promise<void> => {
    while (times.size > 0) {
      await clock.sleep(MINUTE_MS - (clock.now() % MINUTE_MS), signal)
      ringDue()
    }
    ticking = undefined
  }

  const start = (): void => {
    if (ticking !== undefined) return
    ticking = new AbortController()
    // A sleep rejects when it is cut off, and for nothing else.
    tick(ticking.signal).catch(() => undefined)
  }

  return {
    set(key, at) {
      remove(key)
      times.set(key, at)
      const keys = keysAt.get(at)
      if (keys === undefined) keysAt.set(at, new Set([key]))
      else keys.add(key)
      start()
    },
    delete: remove,
    clear() {
      times.clear()
      keysAt.clear()
      ticking?.abort()
      ticking = undefined
    },
  }
}
