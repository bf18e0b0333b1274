import { sha256 } from '../../plan/digest.ts'
import { type DesiredZone, zoneFile } from '../../plan/zones/desired-zone.ts'
import { nextSerial } from '../../plan/zones/serial.ts'
import type { Clock } from '../../ports/store.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { Signing } from './named-config.ts'
import { isServedAs } from './observe-zone.ts'
import type { BindQuestions } from './questions.ts'
import type { ZoneFiles } from './zone-files.ts'

export interface ZoneWriterOptions {
  readonly clock: Clock
  readonly ledger: Ledger
  readonly files: ZoneFiles
  readonly questions: BindQuestions
}

/** Once signed, a zone is never just unsigned: whoever still holds its DS record would not believe it any more. */
const signingOf = ({ signed }: DesiredZone, former: LedgerEntry | undefined): Signing => {
  if (signed) return 'signed'
  return former === undefined || former.signing === 'never' ? 'never' : 'ended'
}

/**
 * Writes the file that is to be served of a zone, with the next serial, and its entry before it; both stay as they are when
 * they are right. Throws TerminalError `InvalidZone`, with nothing changed, when the file does not pass its check.
 */
export const zoneWriter =
  ({ clock, ledger, files, questions }: ZoneWriterOptions) =>
  async (owner: string, zone: DesiredZone): Promise<LedgerEntry> => {
    const { name, digest } = zone
    const former = await ledger.read(name)
    const served = await questions.serial(name)
    const isRight = former !== undefined && former.owner === owner && former.digest === digest
    if (isRight && former.fileDigest === (await files.digest(name))) {
      if (served === undefined || isServedAs(former, served)) return former
    }
    const known = [former?.serial, served, await ledger.retiredSerial(name)].filter((serial) => serial !== undefined)
    const serial = nextSerial(known, clock.now())
    const text = zoneFile(zone, serial)
    const staged = await files.stage(name, text)
    const entry = { owner, digest, fileDigest: sha256(text), serial, signing: signingOf(zone, former) }
    await ledger.write(name, entry)
    await files.replace(name, staged)
    return entry
  }
