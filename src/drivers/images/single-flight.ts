/**
 * Runs at most one piece of work per key at a time in this process; who asks meanwhile shares the outcome.
 * The work runs under the signal of who asked first: when that aborts, the next one who waits begins anew.
 */
export class SingleFlight<T> {
  /** Work under way; an entry leaves when its promise settles. */
  readonly #running = new Map<string, Promise<T>>()

  async run(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    const shared = this.#running.get(key)
    if (shared === undefined) return this.#start(key, work)
    try {
      return await untilAborted(shared, signal)
    } catch (error) {
      if (signal.aborted || !isAbort(error)) throw error
      return this.run(key, work, signal)
    }
  }

  #start(key: string, work: () => Promise<T>): Promise<T> {
    const running = work().finally(() => this.#running.delete(key))
    this.#running.set(key, running)
    return running
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

const untilAborted = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  const listening = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { signal: listening.signal, once: true })
  })
  return Promise.race([promise, aborted]).finally(() => listening.abort())
}
