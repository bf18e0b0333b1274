import type { ObservedZone } from '../../plan/zones/observed-zone.ts'
import { isLater } from '../../plan/zones/serial.ts'
import type { BindLayout } from './bind-layout.ts'
import type { LedgerEntry } from './ledger.ts'
import type { BindQuestions } from './questions.ts'
import { delegationSigners } from './signing-keys.ts'
import type { ZoneFiles } from './zone-files.ts'

export interface ZoneObserverOptions {
  readonly layout: BindLayout
  readonly files: ZoneFiles
  readonly questions: BindQuestions
  /** Whether anybody copies the zones. */
  readonly hasSecondaries: boolean
}

/** BIND raises the serial of a signed zone by itself, whenever it signs anew. */
export const isServedAs = (
  { serial, signing }: Pick<LedgerEntry, 'serial' | 'signing'>,
  served: number | undefined,
): boolean => served !== undefined && (served === serial || (signing !== 'never' && isLater(served, serial)))

interface Seen {
  readonly served: number | undefined
  readonly digest: string | undefined
  readonly isListed: boolean
}

const faultOf = (entry: LedgerEntry, { served, digest, isListed }: Seen): string => {
  if (served === undefined) return 'is not answered by the name server'
  if (digest === undefined) return 'has lost its file'
  if (digest !== entry.fileDigest) return 'was changed in its file'
  if (!isServedAs(entry, served)) return `is served with the serial ${served} in place of ${entry.serial}`
  return isListed ? '' : 'is not in the catalog for secondaries'
}

/** Looks at one zone: asks over the network, and reads its file and keys. Starts no program. */
export const zoneObserver = ({ layout, files, questions, hasSecondaries }: ZoneObserverOptions) => {
  const signersOf = (zone: string, { signing }: LedgerEntry): readonly string[] | Promise<readonly string[]> =>
    signing === 'signed' ? delegationSigners(zone, layout.zoneDirectory(zone)) : []

  return {
    async observe(zone: string, entry: LedgerEntry): Promise<ObservedZone> {
      const [served, digest, isListed, elsewhere, signers] = await Promise.all([
        questions.serial(zone),
        files.digest(zone),
        hasSecondaries ? questions.isListed(zone) : true,
        questions.serialsElsewhere(zone),
        signersOf(zone, entry),
      ])
      return {
        owner: entry.owner,
        digest: entry.digest,
        fault: faultOf(entry, { served, digest, isListed }),
        ...(served === undefined ? {} : { serial: served }),
        delegationSigners: signers,
        secondaries: elsewhere.map(({ address, serial }) => ({
          address,
          inSync: serial !== undefined && serial === served,
        })),
      }
    },

    /** Whether named answers as the entry says, with its keys made. */
    async isServed(zone: string, entry: LedgerEntry): Promise<boolean> {
      if (!isServedAs(entry, await questions.serial(zone))) return false
      return entry.signing !== 'signed' || (await signersOf(zone, entry)).length > 0
    },
  }
}

export type ZoneObserver = ReturnType<typeof zoneObserver>
