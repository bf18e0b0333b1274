import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { delegationSigner } from '../../plan/zones/delegation-signer.ts'
import { undefinedIfMissing } from '../system-error.ts'

/** A DNSKEY record of a key that signs keys (flag SEP, RFC 4034 section 2.1.1), as BIND keeps it in `K*.key`. */
const KEY_RECORD = /^\S+\s+(?:\d+\s+)?IN\s+DNSKEY\s+(257)\s+(3)\s+(\d{1,3})\s+([A-Za-z0-9+/= ]+)$/m

/** BIND keeps in `K*.state` what it means to do with a key: a hidden one is on its way out. */
const isLeaving = (state: string): boolean => /^GoalState: hidden$/m.test(state) && /^DSState: hidden$/m.test(state)

const read = async (path: string): Promise<string> => (await readFile(path, 'utf8').catch(undefinedIfMissing)) ?? ''

/**
 * Values of the DS records for the keys in a zone's directory, in a fixed order. BIND makes keys, and rolls them over; this
 * reads what it has.
 */
export const delegationSigners = async (zone: string, directory: string): Promise<string[]> => {
  const files = (await readdir(directory).catch(undefinedIfMissing)) ?? []
  const keys = files.filter((file) => file.startsWith('K') && file.endsWith('.key')).sort()
  const found = await Promise.all(
    keys.map(async (file) => {
      const [, flags, protocol, algorithm, publicKey = ''] = KEY_RECORD.exec(await read(join(directory, file))) ?? []
      if (flags === undefined || isLeaving(await read(join(directory, file.replace(/\.key$/, '.state'))))) return []
      const key = { flags: Number(flags), protocol: Number(protocol), algorithm: Number(algorithm), publicKey }
      return [delegationSigner(zone, key)]
    }),
  )
  return found.flat().sort()
}
