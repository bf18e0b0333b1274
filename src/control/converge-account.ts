import type { Logger } from 'pino'
import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import type { AnyStep } from '../plan/steps.ts'
import { WaitingError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccountRecord, Store } from '../ports/store.ts'
import { type InForce, withHeldHosts } from './account-in-force.ts'
import { runPass } from './account-pass.ts'
import type { Claims } from './claims.ts'
import type { Verdict } from './conditions.ts'
import type { Outcome } from './execute.ts'
import { judgePass, type ReconcileResult } from './judge-pass.ts'
import { announceAgain, zonesBehind } from './secondaries.ts'
import { serviceEvents } from './service-reports.ts'
import { reportsOf, type StatusWriter } from './status-writer.ts'
import { tellOfStep } from './step-events.ts'
import { updateRecord } from './update-record.ts'

export interface ConvergeContext {
  readonly ports: Ports
  readonly claims: Claims
  readonly status: StatusWriter
  readonly logger: Logger
  /** Steps of one account under way at once. */
  readonly concurrency: number
  readonly onPass: (desired: DesiredTenant, observed: ObservedTenant) => void
}

/** Once, at the place where a pass ends. */
export const logFailure = (logger: Logger, account: string, error: unknown): void => {
  if (error instanceof WaitingError) logger.info({ account, reason: error.reason, err: error }, 'pass has to wait')
  else logger.error({ account, err: error }, 'pass failed')
}

const recordConverged = async (store: Store, record: AccountRecord): Promise<AccountRecord> => {
  if (record.convergedGeneration === record.generation) return record
  const next = { ...record, convergedGeneration: record.generation }
  await store.writeRecord(next)
  const message = `generation ${record.generation} is in force`
  await store.appendEvent({ type: 'Normal', reason: 'Converged', object: `Account/${record.name}`, message })
  return next
}

/** One pass of an account, and what is written of it: record, events, status. */
export const convergeAccount = async (
  { record, desired, denied }: InForce,
  specVerdict: Verdict,
  { ports, claims, status, logger, concurrency, onPass }: ConvergeContext,
  signal: AbortSignal,
): Promise<ReconcileResult> => {
  const { store } = ports
  const account = record.name
  const onStep = (step: AnyStep, outcome: Outcome) => tellOfStep(record, step, outcome, { store, logger, signal })
  const told = reportsOf(await store.readStatus('Account', account))
  const pass = await runPass(record, desired, denied, { ports, concurrency, told, signal, onStep })
  if (pass.seen.observed.engine === 'running') onPass(desired, pass.seen.observed)
  const { phase, result } = judgePass(pass)
  const held = await updateRecord(store, pass.record, withHeldHosts(pass.record, desired, claims))
  const finished = phase.phase === 'ready' ? await recordConverged(store, held) : held
  await announceAgain(ports.zones, zonesBehind(pass.seen.observed)).catch((err: unknown) =>
    logger.warn({ account, err }, 'secondaries are not told'),
  )
  if (pass.failure !== undefined) logFailure(logger, account, pass.failure.error)
  for (const event of serviceEvents(account, told, pass.seen.reports)) await store.appendEvent(event)
  await status.write({
    account,
    generation: finished.generation,
    spec: finished.spec,
    specVerdict,
    phase:
      specVerdict.status === 'False'
        ? { phase: 'stalled', reason: specVerdict.reason, message: specVerdict.message }
        : phase,
    seen: pass.seen,
  })
  return result
}
