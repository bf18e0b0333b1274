import type { Logger } from 'pino'
import type { Engines } from '../ports/engine.ts'

export interface EngineWatchOptions {
  readonly engines: Pick<Engines, 'events'>
  /** Told to look at the account; what happened is only logged. */
  readonly onHint: (account: string) => void
  readonly logger: Logger
}

/** Listens to the events of tenants' engines, one stream each, for as long as an engine runs. */
export class EngineWatch {
  readonly #options: EngineWatchOptions
  readonly #streams = new Map<string, AbortController>()

  constructor(options: EngineWatchOptions) {
    this.#options = options
  }

  /** Idempotent. */
  watch(account: string): void {
    if (this.#streams.has(account)) return
    const controller = new AbortController()
    this.#streams.set(account, controller)
    void this.#listen(account, controller.signal)
  }

  unwatch(account: string): void {
    this.#streams.get(account)?.abort()
    this.#streams.delete(account)
  }

  close(): void {
    for (const account of [...this.#streams.keys()]) this.unwatch(account)
  }

  async #listen(account: string, signal: AbortSignal): Promise<void> {
    const { engines, onHint, logger } = this.#options
    try {
      for await (const event of engines.events(account, signal)) {
        logger.debug({ account, event }, 'engine event')
        if (!signal.aborted) onHint(account)
      }
    } catch (error) {
      logger.debug({ account, err: error }, 'engine events ended')
    }
    if (signal.aborted) return
    this.#streams.delete(account)
    onHint(account)
  }
}
