import type { Clock } from '../../ports/store.ts'

export interface Patience {
  readonly timeoutMs: number
  readonly intervalMs: number
}

/** Asks `probe` again and again until it answers; undefined when the time is up. Asks at least once. */
export const poll = async <T>(
  clock: Clock,
  { timeoutMs, intervalMs }: Patience,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> => {
  const deadline = clock.now() + timeoutMs
  const never = new AbortController().signal
  for (;;) {
    const answer = await probe()
    if (answer !== undefined || clock.now() >= deadline) return answer
    await clock.sleep(intervalMs, never)
  }
}
