import type { DesiredRoute, DesiredTenant, ObservedTenant } from './resources.ts'
import type { TlsSettings } from './settings.ts'

/** Where a site's certificate comes from; `none`: it has none. */
export type CertificateMode = 'acme' | 'internal' | 'custom' | 'none'

/** Absolute paths of files in PEM. */
export interface CertificateFiles {
  readonly chain: string
  readonly key: string
}

/** What a host that the edge answers for is to have. */
export interface DesiredCertificate {
  readonly host: string
  readonly mode: CertificateMode
  /** Of the mode `custom`. */
  readonly files?: CertificateFiles
}

/** Whether a host's name leads to this machine. */
export interface NamePointer {
  readonly resolves: boolean
  /** Records that have to be there, such as `A 192.0.2.1`. */
  readonly missing: readonly string[]
  /** Records that have to go: what asks there does not come here. */
  readonly foreign: readonly string[]
}

/** What was found out about a host's certificate when it was last asked for. It changes seldom, and never by being looked at. */
export interface ObservedCertificate {
  /** What of {@link DesiredCertificate} it was found out for. */
  readonly mode: CertificateMode
  readonly state: 'valid' | 'pending' | 'expired'
  /** Who issued what is served; empty when nothing is. */
  readonly issuer: string
  /** RFC 3339, of what is served; empty when nothing is. */
  readonly validFrom: string
  readonly expires: string
  /** CamelCase, with the message; both empty when nothing is wrong. */
  readonly reason: string
  readonly message: string
  /** Of hosts whose names have to lead here. */
  readonly dns?: NamePointer
  /** Status of the last answer over HTTP, and since when it is the same; 0 when nothing answered. */
  readonly lastAnswer?: { readonly status: number; readonly since: string }
  /** Tries in a row that failed. */
  readonly failures: number
  /** RFC 3339; nothing is ordered before. Empty: at any time. */
  readonly notBefore: string
}

const isLocal = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')

/** RFC 6761 section 6.3: no authority vouches for names below `localhost`. */
export const certificateMode = (
  host: string,
  mode: 'default' | CertificateMode,
  { mode: usual }: TlsSettings,
): CertificateMode => {
  const wanted = mode === 'default' ? usual : mode
  return isLocal(host) && wanted !== 'custom' ? 'internal' : wanted
}

/** Whether the mode's certificates are such as visitors trust: they are sent to HTTPS by default, once one stands. */
export const isPublic = (mode: CertificateMode): boolean => mode === 'acme' || mode === 'custom'

const settled = (route: DesiredRoute, observed: ObservedTenant): DesiredRoute =>
  observed.certificates.get(route.host)?.state === 'valid' ? { ...route, entry: route.securedEntry } : route

/** What is desired now that it is known which certificates stand: visitors are sent to HTTPS only where one does. */
export const withCertificates = (desired: DesiredTenant, observed: ObservedTenant): DesiredTenant => ({
  ...desired,
  routes: desired.routes.map((route) => settled(route, observed)),
})
