import type { DeletionPolicy } from '../plan/settings.ts'

/**
 * Accounts whose end is believed. An account that is gone from the specs ends only when few enough are gone at once, or
 * when the policy confirms it by name: a checkout gone wrong must not end every customer.
 */
export const believedDeletions = (
  recorded: readonly string[],
  present: ReadonlySet<string>,
  policy: DeletionPolicy,
): ReadonlySet<string> => {
  const confirmed = new Set(policy.deletionConfirmed)
  const gone = recorded.filter((name) => !present.has(name))
  const unconfirmed = gone.filter((name) => !confirmed.has(name))
  const allowed = Math.max(1, Math.floor((recorded.length * policy.deletionMaxPercent) / 100))
  return new Set(unconfirmed.length <= allowed ? gone : gone.filter((name) => confirmed.has(name)))
}
