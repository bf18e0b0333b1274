import type { Condition, Store } from '../ports/store.ts'
import { conditionsOf } from './status-writer.ts'

/** Tells of the conditions of accounts whenever their status is read or written, which every pass does. */
export const rememberConditions = (
  store: Store,
  onConditions: (account: string, conditions: readonly Condition[]) => void,
): Store => {
  const note = (kind: string, name: string, status: unknown): void => {
    if (kind === 'Account' && status !== undefined) onConditions(name, conditionsOf(status))
  }
  return {
    ...store,
    async readStatus(kind, name) {
      const status = await store.readStatus(kind, name)
      note(kind, name, status)
      return status
    },
    async writeStatus(kind, name, status) {
      const written = await store.writeStatus(kind, name, status)
      note(kind, name, status)
      return written
    },
  }
}
