import type { Logger } from 'pino'
import type { Quotas } from '../ports/quotas.ts'
import type { Clock } from '../ports/store.ts'

export interface StorageWatchOptions {
  readonly quotas: Pick<Quotas, 'uncounted'>
  readonly clock: Pick<Clock, 'sleep'>
  /** Called once for each account, until nothing of it is uncounted. */
  readonly onUncounted: (account: string) => void
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** For so long a tenant may write where nothing counts; the kernel tells nobody of a new subvolume. */
const INTERVAL_MS = 5_000

const isAbort = (error: unknown, signal: AbortSignal): boolean => signal.aborted || error === signal.reason

/** Looks every few seconds, with one reading of memory for the whole host, whether a tree has outgrown its limit. */
export const watchStorage = ({ quotas, clock, onUncounted, logger, signal }: StorageWatchOptions): Promise<void> => {
  let known: ReadonlySet<string> = new Set()
  let failed = false
  const look = async (): Promise<void> => {
    try {
      const seen = new Set(await quotas.uncounted())
      for (const account of seen) if (!known.has(account)) onUncounted(account)
      known = seen
      failed = false
    } catch (error) {
      if (!failed) logger.error({ err: error }, 'storage can not be watched')
      failed = true
    }
  }
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await look()
      await clock.sleep(INTERVAL_MS, signal)
    }
  }
  return watch().catch((error: unknown) => {
    if (!isAbort(error, signal)) throw error
  })
}
