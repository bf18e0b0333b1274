import { isSameJson } from '../plan/digest.ts'
import type { DesiredJob } from '../plan/resources.ts'
import type { Clock, Condition, Store } from '../ports/store.ts'
import { accountStatus, type StatusInput } from './account-status.ts'
import { toConditions, type Verdict } from './conditions.ts'
import { isSameJob, type JobStatus, jobsOf } from './job-status.ts'
import type { ServiceReport, ServiceReports } from './service-reports.ts'
import type { Specs } from './specs.ts'
import { transferredOf } from './transferred.ts'
import { createTurns } from './turns.ts'

type Input = Omit<StatusInput, 'revision' | 'former' | 'formerJobs' | 'formerTransferred' | 'now'>

const isCondition = (value: unknown): value is Condition =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  typeof value.type === 'string' &&
  'status' in value &&
  'lastTransitionTime' in value &&
  typeof value.lastTransitionTime === 'string'

const statusField = (object: unknown, name: 'conditions' | 'services'): unknown => {
  if (typeof object !== 'object' || object === null || !('status' in object)) return undefined
  const { status } = object
  if (typeof status !== 'object' || status === null) return undefined
  const value: unknown = Reflect.get(status, name)
  return value
}
const isObjectWithStatus = (value: unknown): value is { readonly status: Readonly<Record<string, unknown>> } =>
  typeof value === 'object' && value !== null && 'status' in value && typeof value.status === 'object'

/** Conditions of a status that was read back from disk. */
export const conditionsOf = (status: unknown): readonly Condition[] => {
  const conditions = statusField(status, 'conditions')
  return Array.isArray(conditions) ? conditions.filter(isCondition) : []
}

const isReport = (value: unknown): value is Omit<ServiceReport, 'service'> & { readonly name: string } =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'reason' in value &&
  typeof value.reason === 'string' &&
  'message' in value &&
  typeof value.message === 'string' &&
  'restarts' in value &&
  typeof value.restarts === 'number'

/** What a status that was read back from disk tells of services. */
export const reportsOf = (status: unknown): ServiceReports => {
  const services = statusField(status, 'services')
  const reports = Array.isArray(services) ? services.filter(isReport) : []
  return new Map(
    reports.map(({ name, reason, message, restarts }) => [name, { service: name, reason, message, restarts }]),
  )
}

/** Writes the status of accounts, one write after another; nothing is written where nothing changed. */
export class StatusWriter {
  readonly #store: Store
  readonly #clock: Clock
  readonly #specs: Specs
  readonly #inTurn = createTurns()

  constructor(store: Store, clock: Clock, specs: Specs) {
    this.#store = store
    this.#clock = clock
    this.#specs = specs
  }

  write(input: Input): Promise<void> {
    return this.#inTurn(input.account, async () => {
      const object = await this.#store.readStatus('Account', input.account)
      const former = conditionsOf(object)
      const formerJobs = jobsOf(object)
      const formerTransferred = transferredOf(object)
      const revision = this.#specs.revision()
      const status = accountStatus({
        ...input,
        revision,
        former,
        formerJobs,
        formerTransferred,
        now: this.#clock.now(),
      })
      // The text of a status is made only where there is something new to say.
      if (!isSameJson(object, status)) await this.#store.writeStatus('Account', input.account, status)
    })
  }

  /** Says something that passes don't look at, of the generation that the status tells of. False where there is no status. */
  putCondition(account: string, verdict: Verdict): Promise<boolean> {
    return this.#inTurn(account, async () => {
      const object = await this.#store.readStatus('Account', account)
      if (!isObjectWithStatus(object)) return false
      const former = conditionsOf(object)
      const { observedGeneration } = object.status
      const generation = typeof observedGeneration === 'number' ? observedGeneration : 0
      const others = former.filter(({ type }) => type !== verdict.type)
      const conditions = [...others, ...toConditions([verdict], former, generation, this.#clock.now())]
      await this.#store.writeStatus('Account', account, { ...object, status: { ...object.status, conditions } })
      return true
    })
  }

  /** Answers what was said of the job before; undefined, with nothing changed, when the status does not know it. */
  changeJob(
    account: string,
    job: Pick<DesiredJob, 'site' | 'name'>,
    change: (former: JobStatus) => JobStatus,
  ): Promise<JobStatus | undefined> {
    return this.#inTurn(account, async () => {
      const object = await this.#store.readStatus('Account', account)
      const jobs = jobsOf(object)
      const former = jobs.find((known) => isSameJob(known, job))
      if (former === undefined || !isObjectWithStatus(object)) return undefined
      const changed = jobs.map((known) => (known === former ? change(known) : known))
      await this.#store.writeStatus('Account', account, { ...object, status: { ...object.status, jobs: changed } })
      return former
    })
  }
}
