import type { ResourceId } from './steps.ts'

/** Hosts that the edge may have an entry for on an account's behalf. */
export const routedHosts = (inventory: Iterable<ResourceId>): string[] =>
  [...inventory].filter((id) => id.startsWith('route/')).map((id) => id.slice('route/'.length))
