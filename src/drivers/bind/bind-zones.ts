import { isLater } from '../../plan/zones/serial.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { NameServer, Zones } from '../../ports/zones.ts'
import { poll } from '../host/poll.ts'
import { isName } from '../store/layout.ts'
import type { BindCatalog } from './catalog.ts'
import { CATALOG } from './catalog-names.ts'
import type { BindControl } from './control.ts'
import type { LedgerEntry } from './ledger.ts'
import { type ZoneObserverOptions, zoneObserver } from './observe-zone.ts'
import { type ZoneWriterOptions, zoneWriter } from './write-zone.ts'

export interface BindZonesOptions extends ZoneObserverOptions, ZoneWriterOptions {
  readonly control: BindControl
  readonly catalog: BindCatalog
  readonly server: NameServer
}

const SERVED_PATIENCE = { timeoutMs: 30_000, intervalMs: 3 }

const checkName = (zone: string): void => {
  if (!isName(zone))
    throw new TerminalError('InvalidZone', `${JSON.stringify(zone.slice(0, 250))} can't be a zone here`)
}

/** Has named read a zone, and waits until it answers so: it goes on reading after it was told to. */
const zoneLoader = (options: BindZonesOptions) => {
  const { clock, control } = options
  const observer = zoneObserver(options)
  return async (name: string, entry: LedgerEntry, former: LedgerEntry | undefined): Promise<void> => {
    if (former?.signing === entry.signing) await control.load(name, entry.signing)
    else await control.configure(name, entry.signing)
    const isServed = await poll(clock, SERVED_PATIENCE, async () => (await observer.isServed(name, entry)) || undefined)
    if (!isServed) throw new Error(`the name server does not answer for ${name} with the serial ${entry.serial}`)
  }
}

const zoneEnder =
  ({ ledger, files, control, questions, catalog, server }: BindZonesOptions) =>
  async (name: string, { serial }: LedgerEntry): Promise<void> => {
    await server.ensure()
    const served = await questions.serial(name)
    await catalog.remove(name)
    await control.forget(name)
    await files.remove(name)
    await ledger.retire(name, served !== undefined && isLater(served, serial) ? served : serial)
    // The last one takes the server along.
    await server.ensure()
  }

/** The zones of named, each with its file, its line in the ledger, and its place in the catalog. */
export const bindZones = (options: BindZonesOptions): Zones => {
  const { ledger, control, catalog, server } = options
  const observer = zoneObserver(options)
  const write = zoneWriter(options)
  const load = zoneLoader(options)
  const end = zoneEnder(options)

  return {
    list: () => ledger.names(),

    async observe(names) {
      const seen = await Promise.all(
        names.filter(isName).map(async (name) => {
          const entry = await ledger.read(name)
          return entry === undefined ? undefined : ([name, await observer.observe(name, entry)] as const)
        }),
      )
      return new Map(seen.filter((one) => one !== undefined))
    },

    async ensure(owner, zone) {
      checkName(zone.name)
      const former = await ledger.read(zone.name)
      const entry = await write(owner, zone)
      await server.ensure()
      await load(zone.name, entry, former)
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
