import { makePlan } from '../plan/make-plan.ts'
import type { DesiredTenant } from '../plan/resources.ts'
import type { AnyStep, Blocked, Plan, ResourceId } from '../plan/steps.ts'
import { TerminalError, WaitingError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccountRecord } from '../ports/store.ts'
import type { Seen } from './account-status.ts'
import type { Problem } from './conditions.ts'
import { versionsBegun, versionsServed, withoutData } from './data-versions.ts'
import { type Execution, execute, type Outcome } from './execute.ts'
import { makeExecutors } from './executors.ts'
import { observe } from './observe.ts'

/** A plan may end where the host has to be looked at again; more looks than this mean that it does not converge. */
const MAX_ROUNDS = 5

export interface PassOptions {
  readonly ports: Ports
  readonly concurrency: number
  readonly signal: AbortSignal
  readonly onStep: (step: AnyStep, outcome: Outcome) => Promise<void>
}

export interface PassResult {
  readonly record: AccountRecord
  readonly seen: Seen
  /** Steps that were carried out. */
  readonly done: number
  /** First error of a step, in the order of the plan. */
  readonly error: unknown
}

const inventoryOf = (record: AccountRecord): ReadonlySet<ResourceId> => new Set(record.inventory)

/** Remembers, before anything is made, what may have been made if this process ends now. */
const recordIntent = async (
  ports: Ports,
  record: AccountRecord,
  plan: Plan,
  { databases }: DesiredTenant,
): Promise<AccountRecord> => {
  const inventory = [...new Set([...record.inventory, ...plan.steps.map(({ target }) => target)])].sort()
  const next = { ...record, inventory, dataVersions: versionsBegun(record.dataVersions, plan, databases) }
  await ports.store.writeRecord(next)
  return next
}

/** Steps whose end means that the resource is gone. */
const REMOVALS: ReadonlySet<string> = new Set([
  'removeFile',
  'removeDirectory',
  'removeContainer',
  'withdrawRoute',
  'dropSchema',
])

/** What the record has to say when the plan has been carried out as far as it went. */
const recordOutcome = async (
  ports: Ports,
  { former, begun }: { readonly former: AccountRecord; readonly begun: AccountRecord },
  { outcomes }: Execution,
  { databases }: DesiredTenant,
): Promise<AccountRecord> => {
  const stepsThat = (result: Outcome['result']): AnyStep[] =>
    [...outcomes].filter(([, outcome]) => outcome.result === result).map(([step]) => step)
  const removals = stepsThat('done').filter(({ action }) => REMOVALS.has(action))
  const gone = new Set(removals.map(({ target }) => target))
  const versions = { former: former.dataVersions, begun: begun.dataVersions }
  const served = versionsServed(versions, stepsThat('skipped'), databases)
  const next = withoutData({ ...begun, dataVersions: served }, gone)
  await ports.store.writeRecord(next)
  return next
}

const problemOf = (step: AnyStep, error: unknown): Problem => {
  const reason = error instanceof TerminalError || error instanceof WaitingError ? error.reason : 'StepFailed'
  return { target: step.target, reason, message: error instanceof Error ? error.message : String(error) }
}

/** What the daemon would do now, and nothing done. */
export const planAccount = async (
  ports: Ports,
  record: AccountRecord,
  desired: DesiredTenant,
  denied: readonly Blocked[],
): Promise<Plan> => {
  const inventory = inventoryOf(record)
  const plan = makePlan(desired, await observe(ports, desired, inventory), inventory)
  return { ...plan, blocked: [...plan.blocked, ...denied] }
}

/** Observe, plan, execute, until a look leaves nothing to do or a step fails. */
export const runPass = async (
  former: AccountRecord,
  desired: DesiredTenant,
  denied: readonly Blocked[],
  { ports, concurrency, signal, onStep }: PassOptions,
): Promise<PassResult> => {
  const executors = makeExecutors(ports, desired)
  let record = former
  let done = 0
  let error: unknown
  let failures: readonly Problem[] = []
  for (let round = 0; ; round++) {
    signal.throwIfAborted()
    const inventory = inventoryOf(record)
    const observed = await observe(ports, desired, inventory)
    const made = makePlan(desired, observed, inventory)
    const plan: Plan = { ...made, blocked: [...made.blocked, ...denied] }
    if (plan.steps.length === 0 || failures.length > 0 || round === MAX_ROUNDS)
      return { record, seen: { desired, observed, plan, failures }, done, error }
    const begun = await recordIntent(ports, record, plan, desired)
    const execution = await execute(plan, executors, { signal, concurrency, onStep })
    const finished = plan.steps.filter((step) => execution.outcomes.get(step)?.result === 'done')
    done += finished.length
    error = execution.failures[0]?.error
    failures = execution.failures.map((failure) => problemOf(failure.step, failure.error))
    record = await recordOutcome(ports, { former: record, begun }, execution, desired)
  }
}
