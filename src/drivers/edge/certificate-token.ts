import { mkdir, readFile } from 'node:fs/promises'
import { undefinedIfMissing } from '../system-error.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'

const TOKEN = /^[0-9a-f]{64}$/

/** The word that Caddy asks itself for private keys by, made once. Root's: Caddy knows it by its configuration. */
export const certificateToken = async (
  { directory, tokenFile }: { readonly directory: string; readonly tokenFile: string },
  randomBytes: (size: number) => Buffer,
): Promise<string> => {
  const known = (await readFile(tokenFile, 'utf8').catch(undefinedIfMissing))?.trim() ?? ''
  if (TOKEN.test(known)) return known
  const made = randomBytes(32).toString('hex')
  await mkdir(directory, { recursive: true, mode: 0o755 })
  await writeFileAtomically(tokenFile, `${made}\n`, 0o600)
  return made
}
