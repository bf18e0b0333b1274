import type { ObservedCertificate } from '../plan/certificates.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A custom certificate is warned of when less than this is left of it. */
export const warnBeforeMs = 14 * DAY_MS

const DOWN_MS = 10 * MINUTE_MS
const LONGEST_MS = 12 * HOUR_MS
const LONGEST_DNS_MS = HOUR_MS
/** A certificate of our own is replaced a month before its end. */
const OWN_RENEWAL_MS = 30 * DAY_MS

/** What an authority's words mean: RFC 8555 section 6.7. */
export const issuingReason = (words: string): string => {
  if (/rateLimited|HTTP 429/.test(words)) return 'RateLimited'
  if (/accountDoesNotExist|account (?:has been )?(?:deactivated|revoked)|registering account/i.test(words)) {
    return 'AccountRefused'
  }
  return /authorization failed|solving challenge|challenge failed/i.test(words) ? 'ChallengeFailed' : 'OrderFailed'
}

/** How long no order is placed, after so many failures in a row: from two minutes on, and an hour when the authority asked for rest. */
export const retryDelayMs = (reason: string, failures: number): number =>
  Math.min(Math.max(MINUTE_MS * 2 ** failures, reason === 'RateLimited' ? HOUR_MS : 0), LONGEST_MS)

const renewalOf = ({ mode, validFrom, expires }: ObservedCertificate): number => {
  const end = Date.parse(expires)
  if (mode === 'acme') return end - (end - Date.parse(validFrom)) / 3
  return end - (mode === 'custom' ? warnBeforeMs : OWN_RENEWAL_MS)
}

/**
 * When to look again, in milliseconds since the epoch; undefined when nothing will change by itself. A third of its life is left
 * when Caddy renews a certificate.
 */
export const nextLook = (found: ObservedCertificate, now: number): number | undefined => {
  const next = nextOfCertificate(found, now)
  if (!isDown(found)) return next
  return Math.min(next ?? Number.POSITIVE_INFINITY, now + DOWN_MS)
}

/** Whether the site did not answer as sites do, which passes soon or is worth being told when it has. */
export const isDown = ({ lastAnswer }: ObservedCertificate): boolean =>
  lastAnswer !== undefined && (lastAnswer.status === 0 || lastAnswer.status === 404 || lastAnswer.status >= 500)

const nextOfCertificate = (found: ObservedCertificate, now: number): number | undefined => {
  if (found.notBefore !== '') return Math.max(Date.parse(found.notBefore), now)
  if (found.failures > 0) return now + Math.min(MINUTE_MS * 2 ** (found.failures - 1), LONGEST_DNS_MS)
  if (found.state !== 'valid' || found.expires === '') return undefined
  const renewal = renewalOf(found)
  return renewal > now ? renewal : Math.max(Date.parse(found.expires), now + HOUR_MS)
}
