/** How long to wait after failures in a row: 1 s, doubling to 5 min, per key. */
export interface Backoff {
  /** Counts a failure of `key`, and says how many milliseconds to wait before the next try. */
  next(key: string): number
  /** The next failure of `key` is its first. */
  forget(key: string): void
}

export const firstDelayMs = 1_000
export const longestDelayMs = 300_000

// Taken off at random, so that keys which failed together don't come back together.
const jitterShare = 0.2

/** `random` gives numbers in [0, 1). */
export const createBackoff = (random: () => number): Backoff => {
  const failures = new Map<string, number>()
  return {
    next(key) {
      const before = failures.get(key) ?? 0
      failures.set(key, before + 1)
      const delay = Math.min(firstDelayMs * 2 ** before, longestDelayMs)
      return Math.round(delay * (1 - jitterShare * random()))
    },
    forget(key) {
      failures.delete(key)
    },
  }
}
