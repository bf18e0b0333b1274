import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { TerminalError } from '../../ports/errors.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g
/** CA/Browser Forum Baseline Requirements, section 6.1.5. */
const LEAST_RSA_BITS = 2048
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1']

const refuse = (message: string, cause?: unknown): TerminalError =>
  new TerminalError('CertificateInvalid', message, { cause })

const readChain = (chain: string): [X509Certificate, ...X509Certificate[]] => {
  try {
    const [leaf, ...rest] = (chain.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem))
    if (leaf !== undefined) return [leaf, ...rest]
  } catch (error) {
    throw refuse('the chain holds something that is no certificate', error)
  }
  throw refuse('the chain holds no certificate in PEM')
}

// The error of a key that can't be read is not kept: nobody promises that nothing of the key is in it.
const readKey = (key: string): KeyObject => {
  try {
    return createPrivateKey(key)
  } catch {
    throw refuse('the key is no private key in PEM without a pass phrase')
  }
}

const checkStrength = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void => {
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA_BITS) {
    throw refuse(`the key is too weak: RSA needs ${LEAST_RSA_BITS} bits at least`)
  }
  if (asymmetricKeyType === 'ec' && !CURVES.includes(asymmetricKeyDetails?.namedCurve)) {
    throw refuse('the key is on a curve that browsers do not know: use P-256, P-384 or P-521')
  }
  if (asymmetricKeyType !== 'rsa' && asymmetricKeyType !== 'ec') throw refuse('the key must be an RSA or an EC key')
}

/** RFC 8446 section 4.4.2: each certificate certifies the one before it. */
const checkOrder = (chain: readonly X509Certificate[]): void => {
  for (const [index, issuer] of chain.slice(1).entries()) {
    if (chain[index]?.checkIssued(issuer) !== true || !issuer.ca || !chain[index].verify(issuer.publicKey)) {
      throw refuse(`the chain is out of order: certificate ${index + 2} does not vouch for the one before it`)
    }
  }
}

/**
 * The text that Caddy serves the pair from.
 * @throws TerminalError `CertificateInvalid` when it can't be used for the host. The message holds nothing of the key.
 */
export const checkCertificate = (host: string, pair: { chain: string; key: string }, now: number): string => {
  const chain = readChain(pair.chain)
  const [leaf] = chain
  const key = readKey(pair.key)
  if (!leaf.checkPrivateKey(key)) throw refuse('the key belongs to another certificate')
  checkStrength(key)
  checkOrder(chain)
  if (leaf.checkHost(host, { subject: 'never' }) === undefined) {
    throw refuse(`the certificate does not cover ${host}`)
  }
  if (Date.parse(leaf.validTo) <= now) throw refuse(`the certificate has expired: ${leaf.validTo}`)
  if (Date.parse(leaf.validFrom) > now) throw refuse(`the certificate is not valid yet: ${leaf.validFrom}`)
  const text = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return `${chain.map(String).join('')}${text}`
}
