import type { Clock } from '../ports/store.ts'

/** At most one alarm per key, at the earliest time that was asked for. */
export interface Alarms {
  set(key: string, ms: number): void
  /** No alarm that was set rings any more. */
  clear(): void
}

interface Alarm {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly stop: AbortController
}

/** Calls `ring` once for each alarm, when its time has come. */
export const createAlarms = (clock: Clock, ring: (key: string) => void): Alarms => {
  /** Alarms that have neither rung nor been stopped. */
  const alarms = new Map<string, Alarm>()

  const wait = async (key: string, alarm: Alarm): Promise<void> => {
    try {
      await clock.sleep(alarm.at - clock.now(), alarm.stop.signal)
    } catch (error) {
      if (alarm.stop.signal.aborted) return
      throw error
    }
    if (alarms.get(key) !== alarm) return
    alarms.delete(key)
    ring(key)
  }

  return {
    set(key, ms) {
      const earlier = alarms.get(key)
      const alarm = { at: clock.now() + ms, stop: new AbortController() }
      if (earlier && earlier.at <= alarm.at) return
      earlier?.stop.abort()
      alarms.set(key, alarm)
      void wait(key, alarm)
    },
    clear() {
      for (const { stop } of alarms.values()) stop.abort()
      alarms.clear()
    },
  }
}
