import type { HostSettings } from '../plan/settings.ts'

/**
 * Accounts whose end is believed. An account that is gone from the specs ends only when few enough are gone at once, or
 * when the host's settings confirm it by name: a checkout gone wrong must not end every customer.
 */
export const believedDeletions = (
  recorded: readonly string[],
  present: ReadonlySet<string>,
  settings: Pick<HostSettings, 'deletionMaxPercent' | 'deletionConfirmed'>,
): ReadonlySet<string> => {
  const confirmed = new Set(settings.deletionConfirmed)
  const gone = recorded.filter((name) => !present.has(name))
  const unconfirmed = gone.filter((name) => !confirmed.has(name))
  const allowed = Math.max(1, Math.floor((recorded.length * settings.deletionMaxPercent) / 100))
  return new Set(unconfirmed.length <= allowed ? gone : gone.filter((name) => confirmed.has(name)))
}
