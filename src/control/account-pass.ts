import { withCertificates } from '../plan/certificates.ts'
import { makePlan } from '../plan/make-plan.ts'
import { pruneInventory } from '../plan/prune-inventory.ts'
import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import type { AnyStep, Blocked, Plan, ResourceId } from '../plan/steps.ts'
import { ServiceError, TerminalError, TransientError, WaitingError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccountRecord } from '../ports/store.ts'
import type { Seen } from './account-status.ts'
import type { Failure, Problem } from './conditions.ts'
import { versionsBegun, versionsServed, withoutData } from './data-versions.ts'
import { type Execution, execute, type Outcome } from './execute.ts'
import { makeExecutors } from './executors.ts'
import { observe } from './observe.ts'
import { reportServices, type ServiceReports, steadyError } from './service-reports.ts'
import { updateRecord } from './update-record.ts'

/** A plan may end where the host has to be looked at again; more looks than this mean that it does not converge. */
const MAX_ROUNDS = 5

export interface PassOptions {
  readonly ports: Ports
  readonly concurrency: number
  readonly signal: AbortSignal
  readonly onStep: (step: AnyStep, outcome: Outcome) => Promise<void>
}

export interface ConvergeOptions extends PassOptions {
  /** What was told of the services before. */
  readonly told: ServiceReports
}

export interface PassResult {
  readonly record: AccountRecord
  readonly seen: Seen
  /** What decides when to look again, when a step failed. */
  readonly failure?: Failure
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
  'removeImage',
  'withdrawRoute',
  'dropZone',
  'dropSchema',
  'dropShaper',
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

/** Forgets, when nothing is left to do, what was to be made and never was. */
const recordSettled = async (
  ports: Ports,
  record: AccountRecord,
  desired: DesiredTenant,
  observed: ObservedTenant,
): Promise<AccountRecord> => {
  if (observed.engine === 'stopped') return record
  return updateRecord(ports.store, record, {
    ...record,
    inventory: pruneInventory(record.inventory, desired, observed),
  })
}

const hasReason = (error: unknown): error is TerminalError | WaitingError | TransientError =>
  error instanceof TerminalError || error instanceof WaitingError || error instanceof TransientError

/** An image is told of by the services that want it: administrators know those. */
const servicesOf = (step: AnyStep, { containers }: DesiredTenant): readonly string[] =>
  step.action === 'loadImage'
    ? [...new Set(containers.filter(({ image }) => image.name === step.args.image.name).map(({ service }) => service))]
    : []

const problemOf = (step: AnyStep, error: unknown, desired: DesiredTenant): Problem => {
  const services = servicesOf(step, desired)
  const message = error instanceof Error ? error.message : String(error)
  return {
    target: step.target,
    reason: hasReason(error) ? error.reason : 'StepFailed',
    message: services.length === 0 ? message : `${services.join(', ')}: ${message}`,
  }
}

/** The first in the order of the plan; one that nothing can be done about does not hide one that is worth another try. */
const decisive = (failures: readonly Failure[]): Failure | undefined =>
  failures.find(({ error }) => !(error instanceof TerminalError)) ?? failures[0]

/** What the daemon would do now, and nothing done. */
export const planAccount = async (
  ports: Ports,
  record: AccountRecord,
  desired: DesiredTenant,
  denied: readonly Blocked[],
): Promise<Plan> => {
  const inventory = inventoryOf(record)
  const observed = await observe(ports, desired, inventory)
  const plan = makePlan(withCertificates(desired, observed), observed, inventory)
  return { ...plan, blocked: [...plan.blocked, ...denied] }
}

/** Of containers that run, by name. */
const memoryKills = async (
  { cgroups }: Ports,
  { account, containers }: ObservedTenant,
): Promise<ReadonlyMap<string, number>> => {
  const running = [...containers].filter(([, { state }]) => state === 'running')
  const kills = await cgroups.observeMemoryKills(
    account,
    running.map(([, { id }]) => id),
  )
  return new Map(running.map(([name, { id }]) => [name, kills.get(id) ?? 0]))
}

/** Observe, plan, execute, until a look leaves nothing to do or a step fails. */
export const runPass = async (
  former: AccountRecord,
  wanted: DesiredTenant,
  denied: readonly Blocked[],
  { ports, concurrency, told, signal, onStep }: ConvergeOptions,
): Promise<PassResult> => {
  const executors = makeExecutors(ports, wanted)
  let record = former
  let failures: readonly Failure[] = []
  for (let round = 0; ; round++) {
    signal.throwIfAborted()
    const inventory = inventoryOf(record)
    const observed = await observe(ports, wanted, inventory)
    const desired = withCertificates(wanted, observed)
    const made = makePlan(desired, observed, inventory)
    const plan: Plan = { ...made, blocked: [...made.blocked, ...denied] }
    if (plan.steps.length === 0 || failures.length > 0 || round === MAX_ROUNDS) {
      if (plan.steps.length === 0) record = await recordSettled(ports, record, desired, observed)
      const failure = decisive(failures)
      const reports = reportServices(desired, failures, await memoryKills(ports, observed), told)
      const seen = { desired, observed, plan, failures: failures.map(({ problem }) => problem), reports }
      return { record, seen, ...(failure && { failure }) }
    }
    const begun = await recordIntent(ports, record, plan, desired)
    const execution = await execute(plan, executors, { signal, concurrency, onStep })
    failures = execution.failures.map(({ step, error: thrown }) => {
      const error = thrown instanceof ServiceError ? steadyError(thrown, told) : thrown
      return { error, problem: problemOf(step, error, desired) }
    })
    record = await recordOutcome(ports, { former: record, begun }, execution, desired)
  }
}
