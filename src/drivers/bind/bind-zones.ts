import { sha256 } from '../../plan/digest.ts'
import { type DesiredZone, zoneFile } from '../../plan/zones/desired-zone.ts'
import type { ObservedZone } from '../../plan/zones/observed-zone.ts'
import { isLater, nextSerial } from '../../plan/zones/serial.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Clock } from '../../ports/store.ts'
import type { NameServer, Zones } from '../../ports/zones.ts'
import { poll } from '../host/poll.ts'
import { isName } from '../store/layout.ts'
import type { BindLayout } from './bind-layout.ts'
import type { BindCatalog } from './catalog.ts'
import { CATALOG } from './catalog-names.ts'
import type { BindControl } from './control.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { Signing } from './named-config.ts'
import type { BindQuestions } from './questions.ts'
import { delegationSigners } from './signing-keys.ts'
import type { ZoneFiles } from './zone-files.ts'

export interface BindZonesOptions {
  readonly layout: BindLayout
  readonly clock: Clock
  readonly ledger: Ledger
  readonly files: ZoneFiles
  readonly control: BindControl
  readonly questions: BindQuestions
  readonly catalog: BindCatalog
  readonly server: NameServer
  /** Whether anybody copies the zones. */
  readonly hasSecondaries: boolean
}

const SERVED_PATIENCE = { timeoutMs: 30_000, intervalMs: 3 }

const checkName = (zone: string): void => {
  if (!isName(zone))
    throw new TerminalError('InvalidZone', `${JSON.stringify(zone.slice(0, 250))} can't be a zone here`)
}

/** BIND raises the serial of a signed zone by itself, whenever it signs anew. */
const isServedAs = ({ serial, signing }: Pick<LedgerEntry, 'serial' | 'signing'>, served: number): boolean =>
  served === serial || (signing !== 'never' && isLater(served, serial))

const isKnown = (serial: number | undefined): serial is number => serial !== undefined

const faultOf = (
  entry: LedgerEntry,
  { served, digest, isListed }: { served: number | undefined; digest: string | undefined; isListed: boolean },
): string => {
  if (served === undefined) return 'is not answered by the name server'
  if (digest !== entry.fileDigest) return digest === undefined ? 'has lost its file' : 'was changed in its file'
  if (!isServedAs(entry, served)) return `is served with the serial ${served} in place of ${entry.serial}`
  return isListed ? '' : 'is not in the catalog for secondaries'
}

/** Once signed, a zone is never just unsigned: whoever still holds its DS record would not believe it any more. */
const signingOf = ({ signed }: DesiredZone, former: LedgerEntry | undefined): Signing => {
  if (signed) return 'signed'
  return former === undefined || former.signing === 'never' ? 'never' : 'ended'
}

/** The zones of named, each with its file, its line in the ledger, and its place in the catalog. */
export const bindZones = (options: BindZonesOptions): Zones => {
  const { layout, clock, ledger, files, control, questions, catalog, server, hasSecondaries } = options

  const observeOne = async (zone: string, entry: LedgerEntry): Promise<ObservedZone> => {
    const [served, digest, isListed, elsewhere, signers] = await Promise.all([
      questions.serial(zone),
      files.digest(zone),
      hasSecondaries ? questions.isListed(zone) : true,
      questions.serialsElsewhere(zone),
      entry.signing === 'signed' ? delegationSigners(zone, layout.zoneDirectory(zone)) : [],
    ])
    return {
      owner: entry.owner,
      digest: entry.digest,
      fault: faultOf(entry, { served, digest, isListed }),
      ...(served === undefined ? {} : { serial: served }),
      delegationSigners: signers,
      secondaries: elsewhere.map(({ address, serial }) => ({ address, inSync: isKnown(serial) && serial === served })),
    }
  }

  /** The file that is to be served, and its entry; both as they were when nothing of them has to change. */
  const write = async (owner: string, zone: DesiredZone): Promise<LedgerEntry> => {
    const { name, digest } = zone
    const former = await ledger.read(name)
    const served = await questions.serial(name)
    const isIntact =
      former !== undefined && former.digest === digest && former.fileDigest === (await files.digest(name))
    if (isIntact && former.owner === owner && (served === undefined || isServedAs(former, served))) return former
    const known = [former?.serial, served, await ledger.retiredSerial(name)].filter(isKnown)
    const serial = nextSerial(known, clock.now())
    const text = zoneFile(zone, serial)
    const staged = await files.stage(name, text)
    const entry = { owner, digest, fileDigest: sha256(text), serial, signing: signingOf(zone, former) }
    await ledger.write(name, entry)
    await files.replace(name, staged)
    return entry
  }

  const load = async (name: string, signing: Signing, former: Signing | undefined): Promise<void> =>
    former === signing ? control.load(name, signing) : control.configure(name, signing)

  const hasKeys = async (name: string, { signing }: LedgerEntry): Promise<boolean> =>
    signing !== 'signed' || (await delegationSigners(name, layout.zoneDirectory(name))).length > 0

  /** Named goes on reading after it was told to. */
  const awaitServed = async (name: string, entry: LedgerEntry): Promise<void> => {
    const isServed = await poll(clock, SERVED_PATIENCE, async () => {
      const served = await questions.serial(name)
      return (isKnown(served) && isServedAs(entry, served) && (await hasKeys(name, entry))) || undefined
    })
    if (!isServed) throw new Error(`the name server does not answer for ${name} with the serial ${entry.serial}`)
  }

  const end = async (name: string, entry: LedgerEntry): Promise<void> => {
    await server.ensure()
    const served = await questions.serial(name)
    await catalog.remove(name)
    await control.forget(name)
    await files.remove(name)
    await ledger.retire(name, isKnown(served) && isLater(served, entry.serial) ? served : entry.serial)
    // The last one takes the server along.
    await server.ensure()
  }

  return {
    list: () => ledger.names(),

    async observe(names) {
      const seen = await Promise.all(
        names.filter(isName).map(async (name) => {
          const entry = await ledger.read(name)
          return entry === undefined ? undefined : ([name, await observeOne(name, entry)] as const)
        }),
      )
      return new Map(seen.filter((one) => one !== undefined))
    },

    async ensure(owner, zone) {
      checkName(zone.name)
      const former = await ledger.read(zone.name)
      const entry = await write(owner, zone)
      await server.ensure()
      await load(zone.name, entry.signing, former?.signing)
      await awaitServed(zone.name, entry)
      await catalog.add(zone.name)
    },

    async announce(name) {
      checkName(name)
      for (const told of [CATALOG, name]) await control.notify(told)
    },

    async drop(owner, name) {
      checkName(name)
      const entry = await ledger.read(name)
      if (entry?.owner === owner) await end(name, entry)
    },
  }
}
