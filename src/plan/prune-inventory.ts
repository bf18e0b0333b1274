import type { DesiredTenant, ObservedTenant } from './resources.ts'
import type { ResourceId } from './steps.ts'

/**
 * The inventory without what was to be made and never was, or went by itself: containers, what they have loaded, images,
 * routes and zones that are neither wanted nor there. For a look that left nothing to do, at an engine that runs.
 */
export const pruneInventory = (
  inventory: readonly ResourceId[],
  desired: DesiredTenant,
  observed: ObservedTenant,
): readonly ResourceId[] => {
  const containers = new Set([...desired.containers.map(({ name }) => name), ...observed.containers.keys()])
  const known: Partial<Record<string, ReadonlySet<string>>> = {
    container: containers,
    config: containers,
    image: new Set([...desired.containers.map(({ image }) => image.name), ...observed.images]),
    route: new Set([...desired.routes.map(({ host }) => host), ...observed.routes.keys()]),
    zone: new Set([...desired.zones.map(({ name }) => name), ...observed.zones.keys()]),
  }
  return inventory.filter((id) => {
    const slash = id.indexOf('/')
    return known[id.slice(0, slash)]?.has(id.slice(slash + 1)) ?? true
  })
}
