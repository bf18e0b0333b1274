import type { Clock } from '../../src/ports/store.ts'

/** A clock that a sleep moves on at once. */
export const instantClock = (start = Date.UTC(2026, 0, 1)): Clock => {
  let now = start
  return {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      now += ms
    },
  }
}
