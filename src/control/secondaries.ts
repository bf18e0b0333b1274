import type { ObservedTenant } from '../plan/resources.ts'
import type { Zones } from '../ports/zones.ts'

/** Zones that are served here, and by some secondary otherwise or not at all. */
export const zonesBehind = ({ zones }: ObservedTenant): string[] =>
  [...zones]
    .filter(([, { serial, secondaries }]) => serial !== undefined && secondaries.some(({ inSync }) => !inSync))
    .map(([name]) => name)

/** Tells of these zones once more: whoever was away asks again by itself only after hours. */
export const announceAgain = async (zones: Zones, behind: readonly string[]): Promise<void> => {
  for (const name of behind) await zones.announce(name)
}
