import PQueue from 'p-queue'
import type { Clock } from '../ports/store.ts'
import { createAlarms } from './alarms.ts'
import { createBackoff } from './backoff.ts'

/**
 * Works on one key, from what is there now. Idempotent: it may be called again for no reason. Never called twice at
 * once for one key. When it rejects, the key comes back with backoff.
 */
export type Work = (key: string, signal: AbortSignal) => Promise<void>

export interface RunOptions {
  /** At most so many keys are worked on at once. */
  readonly concurrency: number
  /** Ends the run: what is being worked on is handed this signal and waited for, nothing new begins. */
  readonly signal: AbortSignal
  /** Told of each rejection of the work, once. Must not throw. */
  readonly onError: (key: string, error: unknown) => void
}

/**
 * Keys to be looked at, each at most once. Level-triggered: a key says where to look, never what happened, so any
 * number of adds before the work begins are one, and adds during the work are one more after it.
 */
export interface WorkQueue {
  /** As soon as there is room. */
  add(key: string): void
  /** In `ms` milliseconds, or at an earlier time that the key waits for already. */
  addAfter(key: string, ms: number): void
  /** After a delay that grows with each call since the last {@link forget}. */
  addRateLimited(key: string): void
  /** The key did well, or its spec changed: its next delay is the shortest. Keys that wait go on waiting. */
  forget(key: string): void
  /** Keys that want work and have none: it is due, but there is no room. */
  depth(): number
  /**
   * Resolves when the run has ended and no work is left running. One run at a time. Keys that wait for a time are
   * dropped at its end, all others are kept for the next run.
   */
  run(work: Work, options: RunOptions): Promise<void>
}

export const createWorkQueue = (clock: Clock): WorkQueue => {
  /** Keys that want work. A key in here and not in `processing` is in the lane exactly once, during a run. */
  const dirty = new Set<string>()
  /** Keys that are being worked on. A key in here is not in the lane: it goes there when its work has ended. */
  const processing = new Set<string>()
  /** From the begin of a run until its last work has ended, so that `processing` is empty when one begins. */
  let isRunning = false
  /** Puts a key in the lane. Undefined when nothing new may begin: keys gather in `dirty`. */
  let enter: ((key: string) => void) | undefined
  const backoff = createBackoff(() => clock.random())

  const add = (key: string): void => {
    if (dirty.has(key)) return
    dirty.add(key)
    if (!processing.has(key)) enter?.(key)
  }
  const alarms = createAlarms(clock, add)

  const workOn = async (key: string, work: Work, { signal, onError }: RunOptions): Promise<void> => {
    dirty.delete(key)
    processing.add(key)
    try {
      await work(key, signal)
    } catch (error) {
      onError(key, error)
      alarms.set(key, backoff.next(key))
    } finally {
      processing.delete(key)
      if (dirty.has(key)) enter?.(key)
    }
  }

  return {
    add,
    addAfter: (key, ms) => (ms > 0 ? alarms.set(key, ms) : add(key)),
    addRateLimited: (key) => alarms.set(key, backoff.next(key)),
    forget: backoff.forget,
    depth: () => dirty.size,

    async run(work, options) {
      if (isRunning) throw new Error('The work queue runs already')
      const { concurrency, signal } = options
      if (signal.aborted) return
      isRunning = true
      const lane = new PQueue({ concurrency })
      const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      enter = (key) => void lane.add(() => workOn(key, work, options))
      for (const key of dirty) enter(key)
      await ended
      enter = undefined
      lane.clear()
      await lane.onIdle()
      alarms.clear()
      isRunning = false
    },
  }
}
