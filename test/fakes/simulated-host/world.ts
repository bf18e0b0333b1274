import type { ObservedCertificate } from '../../../src/plan/certificates.ts'
import type { OutboundPolicy, RuntimeClass } from '../../../src/plan/resources.ts'
import type { HostSettings } from '../../../src/plan/settings.ts'
import type { AccountRecord, EventEntry } from '../../../src/ports/store.ts'
import type { SimulatedTenant } from './tenant.ts'

/** A zone of the simulated name server; dropped, it has no owner and keeps its serial. */
export interface SimulatedZone {
  readonly owner: string | undefined
  readonly digest: string
  readonly serial: number
}

/** What all simulated ports share. */
export interface World {
  readonly settings: HostSettings
  readonly runtimes: ReadonlySet<RuntimeClass>
  /** The account's tenant; an empty one where nothing stands yet. */
  tenant(account: string): SimulatedTenant
  /**
   * To be called before each change of the host.
   * @throws SimulatedCrash instead, where the process is to end.
   */
  change(call: string): void
  /** Counts up from 1. */
  nextId(): number
  readonly shapingUnsupported: string | undefined
  readonly accountOfUid: Map<number, string>
  readonly accountOfInterface: Map<string, string>
  /** What the firewall opens, by interface. */
  readonly policies: Map<string, OutboundPolicy>
  readonly routes: Map<string, string>
  /** What was noted of certificates. */
  readonly certificates: Map<string, ObservedCertificate>
  /** Hosts that the edge may order certificates for. */
  readonly permitted: Set<string>
  readonly installed: Set<string>
  readonly issuingFailures: ReadonlyMap<string, string>
  readonly zones: Map<string, SimulatedZone>
  /** Addresses of name servers that copy all zones, and whether they keep up. */
  readonly secondaries: Map<string, boolean>
  /** Zones that secondaries were told of once more. */
  readonly announced: string[]
  readonly records: Map<string, AccountRecord>
  /** `Kind/name` to the status as JSON. */
  readonly statuses: Map<string, string>
  readonly events: EventEntry[]
  /** Files that the store has written. */
  writes: number
  nextIndex: number
}

/** As the engine writes ids: 64 hexadecimal digits. */
export const engineId = (world: World): string => world.nextId().toString(16).padStart(64, '0')

/** @throws Error: a real host fails there in one way or another. */
export const need = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`needs ${what}`)
}
