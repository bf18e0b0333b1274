import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../ports/store.ts'

/** The longest that a timer of Node.js can wait, in milliseconds; a longer one would fire at once. */
const longestWait = 2 ** 31 - 1

/** The machine's own clock, timers and randomness. */
export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  async sleep(ms, signal) {
    try {
      await wait(Math.min(ms, longestWait), undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
}
