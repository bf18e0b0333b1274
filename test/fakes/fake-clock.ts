import type { Clock } from '../../src/ports/store.ts'

interface Timer {
  readonly at: number
  readonly fire: () => void
}

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Goes on by `ms`, and fires the timers on the way, each at its own time, letting what they woke run before the next. */
  advance(ms: number): Promise<void>
  /** How many sleep. */
  readonly sleepers: number
}

/** Lets everything run that waits for nothing but promises. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Begins at `start` (milliseconds since the epoch); `random` gives the same number unless told otherwise. */
export const fakeClock = (start = Date.UTC(2026, 0, 1), random: () => number = () => 0): FakeClock => {
  const timers = new Set<Timer>()
  let now = start

  const nextBefore = (end: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]

  return {
    now: () => now,
    random,
    get sleepers() {
      return timers.size
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        const onAbort = () => {
          timers.delete(timer)
          reject(signal.reason)
        }
        const timer: Timer = {
          at: now + Math.max(ms, 0),
          fire: () => {
            signal.removeEventListener('abort', onAbort)
            timers.delete(timer)
            resolve()
          },
        }
        timers.add(timer)
        signal.addEventListener('abort', onAbort, { once: true })
      }),
    async advance(ms) {
      const end = now + ms
      await settle()
      for (let timer = nextBefore(end); timer; timer = nextBefore(end)) {
        now = Math.max(now, timer.at)
        timer.fire()
        await settle()
      }
      now = end
    },
  }
}
