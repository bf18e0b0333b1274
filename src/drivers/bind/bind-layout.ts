import { join } from 'node:path'
import type { HostDirectories } from '../../plan/settings.ts'

/** Where everything of the name server stands. */
export const bindLayout = (settings: Omit<HostDirectories, 'dataRoot'>) => {
  const root = join(settings.stateDirectory, 'dns')
  const zones = join(root, 'zones')
  const work = join(root, 'work')
  return {
    root,
    config: join(root, 'named.conf'),
    /** Secrets of control and of secondaries, for named alone. */
    keys: join(root, 'keys.conf'),
    /** Secret of control, for rndc(8) and nsupdate(1). */
    controlKey: join(root, 'control.key'),
    /** Secrets of secondaries that were made here. */
    secondaries: join(root, 'secondaries'),
    /** What is known of each zone; root's. */
    ledger: join(root, 'ledger'),
    /** Last serials of zones that are gone; root's. */
    retired: join(root, 'retired'),
    /** Files that are not checked yet; root's. */
    staging: join(root, 'staging'),
    zones,
    /** Directory of one zone, named's own: it signs in there. */
    zoneDirectory: (zone: string) => join(zones, zone),
    zoneFile: (zone: string) => join(zones, zone, 'zone.db'),
    /** Named's own: zones that were added, journals. */
    work,
    catalog: join(work, 'catalog.db'),
    log: join(work, 'named.log'),
    /** What named says before it can log. */
    startLog: join(work, 'start.log'),
    /** What it says on its standard output. */
    output: join(root, 'named-output.log'),
    processFile: join(settings.runDirectory, 'named.process.json'),
  }
}

export type BindLayout = ReturnType<typeof bindLayout>
