import type { Clock, Condition, Store } from '../ports/store.ts'
import { accountStatus, type StatusInput } from './account-status.ts'
import type { ServiceReport, ServiceReports } from './service-reports.ts'
import type { Specs } from './specs.ts'

type Input = Omit<StatusInput, 'revision' | 'former' | 'now'>

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

/** Writes the status of accounts; nothing is written where nothing changed. */
export class StatusWriter {
  readonly #store: Store
  readonly #clock: Clock
  readonly #specs: Specs

  constructor(store: Store, clock: Clock, specs: Specs) {
    this.#store = store
    this.#clock = clock
    this.#specs = specs
  }

  async write(input: Input): Promise<void> {
    const former = conditionsOf(await this.#store.readStatus('Account', input.account))
    const status = accountStatus({ ...input, revision: this.#specs.revision(), former, now: this.#clock.now() })
    await this.#store.writeStatus('Account', input.account, status)
  }
}
