import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(pbkdf2)

const ITERATIONS = 4_096
const KEY_BYTES = 32

/** Bytes of salt that a verifier wants. */
export const SALT_BYTES = 16

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * What PostgreSQL keeps of a password (RFC 5803, RFC 5802 section 3), so that the password itself is never told. As in
 * RFC 7613, text that looks the same is the same password.
 */
export const scramVerifier = async (password: string, salt: Buffer, iterations = ITERATIONS): Promise<string> => {
  const salted = await derive(password.normalize('NFKC'), salt, iterations, KEY_BYTES, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest()
  const serverKey = hmac(salted, 'Server Key')
  const keys = `${storedKey.toString('base64')}:${serverKey.toString('base64')}`
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${keys}`
}

const MAX_ITERATIONS = 100_000

/** Whether a verifier is that of a password; no when it is of another kind, or meant to keep us busy. */
export const isVerifierOf = async (verifier: string, password: string): Promise<boolean> => {
  const [, iterations, salt] = /^SCRAM-SHA-256\$([0-9]+):([A-Za-z0-9+/=]+)\$/.exec(verifier) ?? []
  if (iterations === undefined || salt === undefined || Number(iterations) > MAX_ITERATIONS) return false
  return verifier === (await scramVerifier(password, Buffer.from(salt, 'base64'), Number(iterations)))
}
