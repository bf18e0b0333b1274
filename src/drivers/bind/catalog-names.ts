import { createHash } from 'node:crypto'

/** The zone that secondaries take their list of zones from; `invalid` is nobody's (RFC 2606). */
export const CATALOG = 'catalog.palisade.invalid'

/** Where a zone stands in the catalog: one name for each, that never changes (RFC 9432 section 4.1). */
export const memberName = (zone: string): string =>
  `${createHash('sha256').update(zone).digest('hex').slice(0, 40)}.zones.${CATALOG}`
