import type { Logger } from 'pino'
import type { Action, AnyStep } from '../plan/steps.ts'
import { ServiceError, WaitingError } from '../ports/errors.ts'
import type { AccountRecord, Store } from '../ports/store.ts'
import type { Outcome } from './execute.ts'

/** Change nothing that an administrator could see. */
const QUIET: ReadonlySet<Action> = new Set<Action>(['recordConfig', 'awaitHealthy'])

export interface StepEventOptions {
  readonly store: Store
  readonly logger: Logger
  /** Of the pass: what it cut off did not fail. */
  readonly signal: AbortSignal
}

/** Tells of a step that was carried out: as a repair when the account's generation had been in force already. */
export const tellOfStep = async (
  record: AccountRecord,
  step: AnyStep,
  outcome: Outcome,
  { store, logger, signal }: StepEventOptions,
): Promise<void> => {
  const { action, target, cause } = step
  const detail = { object: `Account/${record.name}`, target, action, cause }
  if (outcome.result === 'failed') {
    if (signal.aborted || outcome.error instanceof WaitingError) return
    // The status of the services tells of these, once.
    if (outcome.error instanceof ServiceError || action === 'loadImage') return
    const message = outcome.error instanceof Error ? outcome.error.message : String(outcome.error)
    await store.appendEvent({ type: 'Warning', reason: 'StepFailed', message, ...detail })
    return
  }
  if (outcome.result === 'skipped' || QUIET.has(action)) return
  logger.info({ account: record.name, action, target, cause }, 'step done')
  const repair = record.convergedGeneration === record.generation
  const event = repair
    ? { type: 'Warning' as const, reason: 'DriftRepaired', message: `${cause}; repaired by ${action}` }
    : { type: 'Normal' as const, reason: 'Changed', message: `${action}: ${cause}` }
  await store.appendEvent({ ...event, ...detail })
}
