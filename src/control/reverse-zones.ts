import type { DnsSettings } from '../plan/settings.ts'
import type { RefusedZone } from '../plan/zones/compile-zones.ts'
import type { DesiredZone } from '../plan/zones/desired-zone.ts'
import { reverseZones } from '../plan/zones/reverse-zones.ts'
import { TerminalError } from '../ports/errors.ts'
import type { Zones } from '../ports/zones.ts'

/** The owner of zones that are no account's. */
const HOST = ''

interface Difference {
  readonly missing: readonly DesiredZone[]
  /** Names of those that nothing wants any more. */
  readonly stale: readonly string[]
}

/** Every zone of the host itself leads back from addresses; an account's may too. */
const differenceOf = async (zones: Zones, desired: readonly (DesiredZone | RefusedZone)[]): Promise<Difference> => {
  const wanted = new Set(desired.map(({ name }) => name))
  const standing = (await zones.list()).filter((name) => name.endsWith('.arpa'))
  const seen = await zones.observe([...new Set([...wanted, ...standing])])
  const isRight = ({ name, digest }: DesiredZone): boolean => {
    const zone = seen.get(name)
    return zone?.owner === HOST && zone.digest === digest && zone.fault === ''
  }
  return {
    missing: desired.filter((zone) => zone.type === 'zone').filter((zone) => !isRight(zone)),
    stale: standing.filter((name) => !wanted.has(name) && seen.get(name)?.owner === HOST),
  }
}

/** The zones that lead back from the host's own networks, as a layer of the host. */
export const reverseZonesLayer = (zones: Zones, dns: DnsSettings) => {
  const desired = reverseZones(dns)
  return {
    async observe(): Promise<'ready' | 'stale'> {
      const { missing, stale } = await differenceOf(zones, desired)
      const isRefused = desired.some(({ type }) => type === 'refused-zone')
      return missing.length === 0 && stale.length === 0 && !isRefused ? 'ready' : 'stale'
    },

    /** @throws TerminalError `InvalidZone` for what can't be served, when the others are. */
    async ensure(): Promise<void> {
      const { missing, stale } = await differenceOf(zones, desired)
      for (const name of stale) await zones.drop(HOST, name)
      for (const zone of missing) await zones.ensure(HOST, zone)
      const refused = desired.find((zone) => zone.type === 'refused-zone')
      if (refused !== undefined) throw new TerminalError('InvalidZone', refused.message)
    },
  }
}
