import type { ResourceId } from '../steps.ts'

/** Zones that the name server may have on an account's behalf. */
export const zonesIn = (inventory: Iterable<ResourceId>): string[] =>
  [...inventory].filter((id) => id.startsWith('zone/')).map((id) => id.slice('zone/'.length))
