import { mkdir, opendir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createJsonFiles, type WriteOptions } from '../store/json-files.ts'
import { undefinedIfMissing } from '../system-error.ts'
import type { BindLayout } from './bind-layout.ts'
import type { Signing } from './named-config.ts'

/** What is known of a zone that was made. Written before anything of it changes. */
export interface LedgerEntry {
  /** Account; empty: the host itself. */
  readonly owner: string
  /** Of what it was made from. */
  readonly digest: string
  /** Of its file. */
  readonly fileDigest: string
  /** The one in its file. */
  readonly serial: number
  readonly signing: Signing
}

const SIGNING: readonly unknown[] = ['never', 'signed', 'ended'] satisfies Signing[]

const isSerial = (value: unknown): value is number => Number.isInteger(value)

const isSigning = (value: unknown): value is Signing => SIGNING.includes(value)

const parse = (text: string | undefined): object => {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

const entryOf = (value: object): LedgerEntry | undefined => {
  if (!('owner' in value && 'digest' in value && 'fileDigest' in value)) return undefined
  if (!('serial' in value && 'signing' in value)) return undefined
  const { owner, digest, fileDigest, serial, signing } = value
  if (typeof owner !== 'string' || typeof digest !== 'string' || typeof fileDigest !== 'string') return undefined
  return isSerial(serial) && isSigning(signing) ? { owner, digest, fileDigest, serial, signing } : undefined
}

const DURABLE: WriteOptions = {
  mode: 0o600,
  durability: 'durable',
  ensureDirectory: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
}

/**
 * A small file for each zone, on the disk before a write returns; what is damaged counts as not there. Zones that are gone
 * leave their last serial behind.
 */
export const createLedger = ({ ledger, retired }: BindLayout) => {
  const files = createJsonFiles()
  const entryPath = (zone: string): string => join(ledger, `${zone}.json`)
  const retiredPath = (zone: string): string => join(retired, `${zone}.json`)

  return {
    async names(): Promise<readonly string[]> {
      const found = (await readdir(ledger).catch(undefinedIfMissing)) ?? []
      return found.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
    },

    /** Looks at one of them at most, however many there are. */
    async isEmpty(): Promise<boolean> {
      const directory = await opendir(ledger).catch(undefinedIfMissing)
      for await (const _ of directory ?? []) return false
      return true
    },

    read: async (zone: string): Promise<LedgerEntry | undefined> => entryOf(parse(await files.read(entryPath(zone)))),

    write: async (zone: string, entry: LedgerEntry): Promise<void> =>
      void (await files.write(entryPath(zone), `${JSON.stringify(entry)}\n`, DURABLE)),

    /** The last serial of a former zone of the name. */
    async retiredSerial(zone: string): Promise<number | undefined> {
      const value = parse(await readFile(retiredPath(zone), 'utf8').catch(undefinedIfMissing))
      return 'serial' in value && isSerial(value.serial) ? value.serial : undefined
    },

    /** Once nothing stands of the zone any more. */
    async retire(zone: string, serial: number): Promise<void> {
      await files.write(retiredPath(zone), `${JSON.stringify({ serial })}\n`, DURABLE)
      await rm(entryPath(zone), { force: true })
    },
  }
}

export type Ledger = ReturnType<typeof createLedger>
