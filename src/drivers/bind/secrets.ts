import { chmod, chown, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostSettings, Secondary } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Identity } from '../host/server-user.ts'
import { undefinedIfMissing } from '../system-error.ts'
import { writeFileAtomically } from '../write-file-atomically.ts'
import { bindLayout } from './bind-layout.ts'
import { quotedWord } from './config-words.ts'
import { CONTROL_KEY } from './named-config.ts'

export type RandomBytes = (size: number) => Buffer

/** Of the hash, RFC 8945 section 6. */
const SECRET_BYTES = 32

const keyText = (name: string, secret: string): string =>
  `key ${quotedWord(name)} { algorithm hmac-sha256; secret ${quotedWord(secret)}; };\n`

/** The secret in base64, out of a file that holds it alone or as tsig-keygen(8) prints it. */
const secretIn = (text: string): string | undefined =>
  /^\s*([A-Za-z0-9+/]{22,}={0,2})\s*$/.exec(text)?.[1] ?? /\bsecret\s+"([A-Za-z0-9+/]{22,}={0,2})";/.exec(text)?.[1]

const readText = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(undefinedIfMissing)

/** What the file holds, made when there is none. */
const ensureSecret = async (path: string, name: string, randomBytes: RandomBytes): Promise<string> => {
  const known = secretIn((await readText(path)) ?? '')
  if (known !== undefined) return known
  const secret = randomBytes(SECRET_BYTES).toString('base64')
  await writeFileAtomically(path, keyText(name, secret), 0o600)
  return secret
}

const secondarySecret = async (
  { key, keyFile }: Secondary,
  directory: string,
  randomBytes: RandomBytes,
): Promise<string> => {
  if (keyFile === '') return ensureSecret(join(directory, `${key}.key`), key, randomBytes)
  const secret = secretIn((await readText(keyFile)) ?? '')
  if (secret !== undefined) return secret
  throw new TerminalError('InvalidHost', `${keyFile} holds no key of a secondary: make one with tsig-keygen ${key}`)
}

/**
 * Makes the secrets that are missing, and gives named all of them in a file that it alone can read.
 * @throws TerminalError `InvalidHost` when the key file of a secondary holds none.
 */
export const ensureSecrets = async (
  settings: HostSettings,
  { uid, gid }: Identity,
  randomBytes: RandomBytes,
): Promise<void> => {
  const layout = bindLayout(settings)
  await mkdir(layout.secondaries, { recursive: true, mode: 0o700 })
  const control = await ensureSecret(layout.controlKey, CONTROL_KEY, randomBytes)
  const texts = [keyText(CONTROL_KEY, control)]
  for (const secondary of settings.dns.secondaries) {
    texts.push(keyText(secondary.key, await secondarySecret(secondary, layout.secondaries, randomBytes)))
  }
  const text = texts.join('')
  if ((await readText(layout.keys)) === text) return
  await writeFileAtomically(layout.keys, text, 0o600)
  await chown(layout.keys, uid, gid)
  await chmod(layout.keys, 0o600)
}
