import { isSameJson } from '../plan/digest.ts'
import type { AccountRecord, Store } from '../ports/store.ts'

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((item, index) => item === b[index]))

const isSame = (a: unknown, b: unknown): boolean => a === b || isSameJson(a, b)

const isSameRecord = (a: AccountRecord, b: AccountRecord): boolean =>
  a.index === b.index &&
  a.generation === b.generation &&
  a.convergedGeneration === b.convergedGeneration &&
  a.deletionTimestamp === b.deletionTimestamp &&
  sameList(a.hosts, b.hosts) &&
  sameList(a.inventory, b.inventory) &&
  isSame(a.dataVersions, b.dataVersions) &&
  isSame(a.spec, b.spec) &&
  isSame(a.resolved, b.resolved)

/**
 * Writes a record unless it is as the one that stands on the disk. Most passes change nothing, and then neither its text is
 * made nor its file read.
 */
export const updateRecord = async (
  store: Store,
  standing: AccountRecord | undefined,
  next: AccountRecord,
): Promise<AccountRecord> => {
  if (standing !== undefined && isSameRecord(standing, next)) return standing
  await store.writeRecord(next)
  return next
}
