import type { NamePointer, ObservedCertificate } from '../plan/certificates.ts'
import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import type { Verdict } from './conditions.ts'

/** A host of an account, and how it is reached. Holds nothing that moves by being looked at. */
export interface HostStatus {
  readonly host: string
  readonly certificate: {
    readonly mode: string
    readonly state: string
    readonly issuer: string
    /** RFC 3339; empty where none stands, or where it says nothing. */
    readonly expires: string
    readonly reason: string
    readonly message: string
  }
  readonly dns?: NamePointer
  readonly lastAnswer?: { readonly status: number; readonly since: string }
}

const UNKNOWN = { state: 'pending', issuer: '', expires: '', reason: 'NotAskedYet', message: 'it is asked for soon' }
const NO_CERTIFICATE = { state: 'none', issuer: '', expires: '', reason: '', message: '' }

/** What of a finding is told: tries and times of tries are not. */
export const certificateFacts = (
  found: ObservedCertificate | undefined,
): Omit<ObservedCertificate, 'failures' | 'notBefore' | 'validFrom'> | undefined => {
  if (found === undefined) return undefined
  const { failures, notBefore, validFrom, ...told } = found
  return told
}

export const hostStatuses = ({ certificates }: DesiredTenant, observed: ObservedTenant): HostStatus[] =>
  certificates.map(({ host, mode }) => {
    const found = observed.certificates.get(host)
    if (mode === 'none') return { host, certificate: { mode, ...NO_CERTIFICATE } }
    if (found === undefined || found.mode !== mode) return { host, certificate: { mode, ...UNKNOWN } }
    const { state, issuer, expires, reason, message, dns, lastAnswer } = found
    return {
      host,
      certificate: { mode, state, issuer, expires, reason, message },
      ...(dns && { dns }),
      ...(lastAnswer && { lastAnswer }),
    }
  })

const TYPE = 'CertificatesReady'

/**
 * Whether every host has the certificate that it is to have. It does not decide on Ready: the sites are served over HTTP, and what is
 * missing is often another's, such as a record in a zone elsewhere.
 */
export const certificateVerdicts = (desired: DesiredTenant, observed: ObservedTenant): Verdict[] => {
  const hosts = hostStatuses(desired, observed).filter(({ certificate }) => certificate.mode !== 'none')
  if (hosts.length === 0) return []
  const told = (some: readonly HostStatus[]): string =>
    some
      .slice(0, 5)
      .map(({ host, certificate: { message } }) => (message.startsWith(host) ? message : `${host}: ${message}`))
      .join('; ')
  const lacking = hosts.filter(({ certificate }) => certificate.state !== 'valid')
  if (lacking.length > 0) return [{ type: TYPE, status: 'False', reason: 'CertificatePending', message: told(lacking) }]
  const [first, ...rest] = hosts.filter(({ certificate }) => certificate.reason !== '')
  return first === undefined
    ? [{ type: TYPE, status: 'True', reason: 'AsDesired', message: '' }]
    : [{ type: TYPE, status: 'True', reason: first.certificate.reason, message: told([first, ...rest]) }]
}
