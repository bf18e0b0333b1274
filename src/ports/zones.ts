import type { DesiredZone } from '../plan/zones/desired-zone.ts'
import type { ObservedZone } from '../plan/zones/observed-zone.ts'

/**
 * The zones that this host is the name server of. Called for a zone by one caller at a time. A zone has one owner: an
 * account, or, when that is empty, the host itself.
 */
export interface Zones {
  /** Names of all zones that were made and not dropped. */
  list(): Promise<readonly string[]>
  /** Those asked for; what was never made, or was dropped, is left out. Starts no program. */
  observe(names: readonly string[]): Promise<ReadonlyMap<string, ObservedZone>>
  /**
   * Has the zone served as wanted, with a serial above all that it ever had; returns when the name server answers so. Starts the
   * name server when it does not run. No other zone is touched.
   * @throws TerminalError `InvalidZone` when the zone's file does not pass its check: what was served before goes on.
   */
  ensure(owner: string, zone: DesiredZone): Promise<void>
  /** Tells the secondaries of the zone once more: one that was away has missed it. */
  announce(name: string): Promise<void>
  /** Ends the zone, and removes its keys. Its last serial is remembered. One of another owner is left alone. */
  drop(owner: string, name: string): Promise<void>
}

/** The server that answers for the zones. It goes on while the operator is away, and runs only where there are zones. */
export interface NameServer {
  /** `stale`: it runs with another configuration than ours; `idle`: it runs for no zone. */
  observe(): Promise<'unneeded' | 'stopped' | 'stale' | 'idle' | 'running'>
  /** Has it run with our configuration if there are zones, and not run if there are none. Returns when it answers. */
  ensure(): Promise<void>
  stop(): Promise<void>
}
