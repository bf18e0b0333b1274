import type { PlanBuilder } from '../plan-builder.ts'
import type { DesiredTenant, ObservedTenant } from '../resources.ts'
import type { ResourceId } from '../steps.ts'
import { zonesIn } from '../zones/zones-in.ts'

/** What of a plan's input says something of zones. */
export interface ZonesPlanning {
  readonly desired: Pick<DesiredTenant, 'account' | 'zones' | 'refusedZones'>
  readonly observed: Pick<ObservedTenant, 'zones'>
  readonly inventory: ReadonlySet<ResourceId>
  readonly builder: PlanBuilder
}

/** Nothing in a zone depends on what runs in the tenant: names may be asked for before a site answers. */
export const planZones = ({ desired, observed, builder }: ZonesPlanning): void => {
  for (const zone of desired.zones) {
    const seen = observed.zones.get(zone.name)
    const cause = (): string | undefined => {
      if (seen === undefined) return `the name server has no zone ${zone.name}`
      if (seen.owner !== desired.account) return `the zone ${zone.name} is served for nobody who has it`
      if (seen.digest !== zone.digest) return `the zone ${zone.name} has other records`
      return seen.fault === '' ? undefined : `the zone ${zone.name} ${seen.fault}`
    }
    const why = cause()
    if (why !== undefined) {
      builder.add({ action: 'ensureZone', args: { zone }, target: `zone/${zone.name}`, cause: why })
    }
  }
  for (const { name, message } of desired.refusedZones) {
    builder.block({ target: `zone/${name}`, reason: 'InvalidZone', message })
  }
}

/** One that another account has by now is left to it. */
export const planStaleZones = ({ desired, observed, inventory, builder }: ZonesPlanning): void => {
  const wanted = new Set([...desired.zones, ...desired.refusedZones].map(({ name }) => name))
  for (const name of zonesIn(inventory)) {
    if (wanted.has(name) || observed.zones.get(name)?.owner !== desired.account) continue
    builder.add({
      action: 'dropZone',
      args: { name },
      target: `zone/${name}`,
      cause: `nothing wants the zone ${name} any more`,
    })
  }
}
