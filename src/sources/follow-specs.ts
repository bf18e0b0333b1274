import PQueue from 'p-queue'
import type { Logger } from 'pino'
import { accountKey, type Controller, HOST_KEY } from '../control/controller.ts'
import type { Clock } from '../ports/store.ts'
import type { SpecView } from './spec-view.ts'
import { watchSpecs } from './spec-watch.ts'

export interface FollowOptions {
  readonly specs: Pick<SpecView, 'reload' | 'hostObject' | 'names'>
  /** Called before the keys of what changed are given away. */
  readonly onRead: (changed: readonly string[]) => void
  readonly controller: Pick<Controller, 'changed' | 'hint'>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly logger: Pick<Logger, 'debug' | 'warn' | 'error'>
}

/**
 * Reads the specs again whenever something in their directory came to rest, one read after the other, and gives the
 * controller the keys of what changed. Until `signal` aborts.
 */
export const followSpecs = async (directory: string, options: FollowOptions): Promise<void> => {
  const { specs, controller, logger } = options
  const reading = new PQueue({ concurrency: 1 })
  const read = async (unsettled: ReadonlySet<string>): Promise<void> => {
    const host = specs.hostObject()
    const changed = await specs.reload(unsettled)
    options.onRead(changed)
    for (const account of changed) controller.changed(accountKey(account))
    // What failed for a setting of the Host's may go well now.
    if (specs.hostObject() !== host) for (const account of specs.names()) controller.hint(accountKey(account))
    controller.hint(HOST_KEY)
  }
  const onChange = (unsettled: ReadonlySet<string>): void => {
    // One that waits would read the same.
    reading.clear()
    reading
      .add(() => read(unsettled))
      .catch((error: unknown) => logger.error({ err: error }, 'reading the specs failed'))
  }
  await watchSpecs(directory, { ...options, onChange })
  await reading.onIdle()
}
