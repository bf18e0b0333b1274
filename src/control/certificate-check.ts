import type { DesiredCertificate, ObservedCertificate } from '../plan/certificates.ts'
import { pointerOf, pointerProblem } from '../plan/name-pointer.ts'
import type { ServedCertificate } from '../ports/certificates.ts'
import { TerminalError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import { issuingReason, retryDelayMs, warnBeforeMs } from './certificate-schedule.ts'

export type CheckPorts = Pick<Ports, 'certificates' | 'names' | 'clock'>

interface Check extends CheckPorts {
  readonly wanted: DesiredCertificate
  readonly former: ObservedCertificate | undefined
}

type Found = Omit<ObservedCertificate, 'mode' | 'lastAnswer'>

const NOTHING = { issuer: '', validFrom: '', expires: '' }
const FINE = { reason: '', message: '', failures: 0, notBefore: '' }

const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

const valid = ({ issuer, validFrom, validTo }: ServedCertificate): Found => ({
  state: 'valid',
  issuer,
  validFrom: timestamp(validFrom),
  expires: timestamp(validTo),
  ...FINE,
})

/** What stands goes on, as long as it is good; what does not work is told with it. */
const troubled = ({ wanted, former, clock }: Check, reason: string, message: string, failures: number): Found => {
  const keeps = former?.mode === wanted.mode && former.expires !== ''
  const isGood = keeps && Date.parse(former.expires) > clock.now()
  const { issuer, validFrom, expires } = keeps ? former : NOTHING
  const state = isGood ? 'valid' : keeps ? 'expired' : 'pending'
  return { state, issuer, validFrom, expires, reason, message, failures, notBefore: '' }
}

const failuresOf = ({ wanted, former }: Check): number => (former?.mode === wanted.mode ? former.failures : 0)

const order = async (check: Check): Promise<Found> => {
  const { wanted, former, certificates, clock } = check
  const { host } = wanted
  if (former?.mode === 'acme' && Date.parse(former.notBefore) > clock.now()) return former
  await certificates.permit(host)
  const served = await certificates.ask(host)
  const isGood = served !== 'none' && served.validTo > clock.now()
  const renewalDue = served !== 'none' && served.validTo - (served.validTo - served.validFrom) / 3 <= clock.now()
  if (isGood && !renewalDue) return valid(served)
  const failures = failuresOf(check) + 1
  const why = await certificates.lastFailure(host)
  const reason = issuingReason(why)
  if (reason === 'AccountRefused') await certificates.forgetAccount()
  const notBefore = timestamp(clock.now() + retryDelayMs(reason, failures))
  // The handshake has Caddy renew it; whether it did is seen at the next look.
  if (isGood) return { ...valid(served), failures, notBefore, ...(failures > 2 ? { reason, message: why } : {}) }
  // Every visitor's handshake would place another order.
  await certificates.forbid(host)
  return { ...troubled(check, reason, why || 'the authority issued none in time', failures), notBefore }
}

const checkAcme = async (check: Check): Promise<Found> => {
  const { wanted, former, certificates, names } = check
  const { host } = wanted
  if (former?.mode !== 'acme') await certificates.uninstall(host)
  let addresses: readonly string[]
  try {
    addresses = await names.resolve(host)
  } catch {
    const message = `no name server answers for ${host}`
    const { dns } = former ?? {}
    return { ...troubled(check, 'DnsFailed', message, failuresOf(check) + 1), ...(dns && { dns }) }
  }
  const dns = pointerOf(addresses, await names.addresses())
  if (dns.resolves) return { ...(await order(check)), dns }
  await certificates.forbid(host)
  return { ...troubled(check, 'DnsNotHere', `${host} ${pointerProblem(dns)}`, failuresOf(check) + 1), dns }
}

/** A certificate that was put in place: what is served has to be just that. */
const checkPlaced = async (check: Check, place: () => Promise<string>): Promise<Found> => {
  const { wanted, certificates, clock } = check
  await certificates.forbid(wanted.host)
  try {
    const fingerprint = await place()
    const served = await certificates.ask(wanted.host)
    if (served === 'none' || served.fingerprint !== fingerprint) {
      return troubled(check, 'NotServed', 'the edge serves another certificate still', failuresOf(check) + 1)
    }
    const isLate = wanted.mode === 'custom' && served.validTo - clock.now() < warnBeforeMs
    const warning = { reason: 'ExpiresSoon', message: `expires on ${timestamp(served.validTo)}` }
    return { ...valid(served), ...(isLate ? warning : {}) }
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error
    return troubled(check, error.reason, error.message, 0)
  }
}

/** Caddy's own, good for hours and made anew by itself: when it ends says nothing. */
const checkLocal = async (check: Check): Promise<Found> => {
  const served = await check.certificates.ask(check.wanted.host)
  if (served === 'none') return troubled(check, 'NotServed', 'the edge shows no certificate', failuresOf(check) + 1)
  return { ...valid(served), validFrom: '', expires: '' }
}

const isLocal = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')

const find = (check: Check): Promise<Found> => {
  const { host, mode, files } = check.wanted
  const { certificates } = check
  if (mode === 'custom' && files !== undefined) return checkPlaced(check, () => certificates.install(host, files))
  if (mode === 'acme') return checkAcme(check)
  return isLocal(host) ? checkLocal(check) : checkPlaced(check, () => certificates.issue(host))
}

/** Does what can be done for a host's certificate now, and tells what came of it; undefined where it is to have none. */
export const checkCertificate = async (
  wanted: DesiredCertificate,
  former: ObservedCertificate | undefined,
  ports: CheckPorts,
): Promise<ObservedCertificate | undefined> => {
  const { certificates, clock } = ports
  const { host, mode } = wanted
  if (mode === 'none') {
    await certificates.drop(host)
    return undefined
  }
  const found = await find({ ...ports, wanted, former })
  const status = await certificates.answer(host)
  const before = former?.lastAnswer
  const lastAnswer = before?.status === status ? before : { status, since: timestamp(clock.now()) }
  return { mode, ...found, lastAnswer }
}
