import type { Clock, Condition, Store } from '../ports/store.ts'
import { accountStatus, type StatusInput } from './account-status.ts'
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

/** Conditions of a status that was read back from disk. */
export const conditionsOf = (status: unknown): readonly Condition[] => {
  if (typeof status !== 'object' || status === null || !('status' in status)) return []
  const inner = status.status
  if (typeof inner !== 'object' || inner === null || !('conditions' in inner)) return []
  return Array.isArray(inner.conditions) ? inner.conditions.filter(isCondition) : []
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
