import PQueue from 'p-queue'
import type { Logger } from 'pino'
import type { DesiredCertificate, ObservedCertificate } from '../plan/certificates.ts'
import { isSameJson } from '../plan/digest.ts'
import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import { type CheckPorts, checkCertificate } from './certificate-check.ts'
import { isDown, nextLook } from './certificate-schedule.ts'
import { certificateFacts } from './certificate-status.ts'
import { createTimetable, type Timetable } from './job-timetable.ts'

export interface CertificateKeeperOptions extends CheckPorts {
  readonly logger: Logger
  /** Something else is to be told of an account's certificates. */
  readonly onFound: (account: string) => void
}

/** Of all accounts: an authority is asked for few certificates at a time. */
const AT_ONCE = 4
/** A pass looks again at what waits for name servers, but not at once. */
const LEAST_PAUSE_MS = 5_000
const AFTER_ERROR_MS = 5 * 60_000

interface Entry {
  readonly account: string
  readonly wanted: DesiredCertificate
}

/**
 * Sees to the certificates of all accounts: asks whether names lead here, permits the edge to order, has it do so, and looks at what
 * is served. What it finds out is noted for the passes, which decide by it. One timer for all; nothing is done for a host whose
 * certificate is good for long.
 */
export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions
  readonly #queue = new PQueue({ concurrency: AT_ONCE })
  readonly #timetable: Timetable
  readonly #entries = new Map<string, Entry>()
  readonly #hosts = new Map<string, readonly string[]>()
  /** Hosts in the queue or being checked. */
  readonly #busy = new Set<string>()
  readonly #checkedAt = new Map<string, number>()

  constructor(options: CertificateKeeperOptions) {
    this.#options = options
    this.#timetable = createTimetable(options.clock, (host) => this.#check(host))
  }

  /** Told by each pass. */
  update(
    { account, certificates }: Pick<DesiredTenant, 'account' | 'certificates'>,
    observed: Pick<ObservedTenant, 'certificates'>,
  ): void {
    const wanted = new Set(certificates.map(({ host }) => host))
    for (const host of this.#hosts.get(account) ?? []) if (!wanted.has(host)) this.#remove(account, host)
    this.#hosts.set(account, [...wanted])
    for (const one of certificates) this.#put({ account, wanted: one }, observed.certificates.get(one.host))
  }

  forget(account: string): void {
    for (const host of this.#hosts.get(account) ?? []) this.#remove(account, host)
    this.#hosts.delete(account)
  }

  /** Checks under way end by themselves; what waits is dropped. */
  close(): void {
    this.#timetable.clear()
    this.#queue.clear()
    this.#entries.clear()
  }

  #remove(account: string, host: string): void {
    if (this.#entries.get(host)?.account !== account) return
    this.#entries.delete(host)
    this.#timetable.delete(host)
    this.#checkedAt.delete(host)
  }

  #put(entry: Entry, found: ObservedCertificate | undefined): void {
    const { host, mode } = entry.wanted
    const former = this.#entries.get(host)
    this.#entries.set(host, entry)
    if (mode === 'none' ? found !== undefined : found?.mode !== mode) this.#check(host)
    else if (former !== undefined && !isSameJson(former.wanted, entry.wanted)) this.#check(host)
    else if (this.#isWaitingForWorld(entry, found)) this.#check(host)
    else if (former === undefined && found !== undefined) this.#schedule(host, found)
  }

  /** Files and name servers change without a word. */
  #isWaitingForWorld({ wanted: { host, mode } }: Entry, found: ObservedCertificate | undefined): boolean {
    const rested = this.#options.clock.now() - (this.#checkedAt.get(host) ?? 0) >= LEAST_PAUSE_MS
    const isWaiting = found !== undefined && (found.reason.startsWith('Dns') || isDown(found))
    return rested && (mode === 'custom' || isWaiting)
  }

  #schedule(host: string, found: ObservedCertificate): void {
    const at = nextLook(found, this.#options.clock.now())
    if (at === undefined) this.#timetable.delete(host)
    else this.#timetable.set(host, at)
  }

  #check(host: string): void {
    if (this.#busy.has(host)) return
    this.#busy.add(host)
    void this.#queue.add(async () => {
      const entry = this.#entries.get(host)
      if (entry !== undefined) await this.#look(entry).catch((error: unknown) => this.#failed(entry, error))
      this.#busy.delete(host)
      const next = this.#entries.get(host)
      if (next !== undefined && entry !== undefined && !isSameJson(next.wanted, entry.wanted)) this.#check(host)
    })
  }

  async #look({ account, wanted }: Entry): Promise<void> {
    const { certificates, clock, logger, onFound } = this.#options
    const { host } = wanted
    this.#checkedAt.set(host, clock.now())
    const former = (await certificates.observe([host])).get(host)
    const found = await checkCertificate(wanted, former, this.#options)
    // Its site went meanwhile, and with it what was noted.
    if (this.#entries.get(host)?.account !== account) return
    if (found === undefined) return onFound(account)
    if (!isSameJson(former, found)) await certificates.note(host, found)
    this.#schedule(host, found)
    if (isSameJson(certificateFacts(former), certificateFacts(found))) return
    logger.info({ account, host, state: found.state, reason: found.reason, issuer: found.issuer }, 'certificate')
    onFound(account)
  }

  #failed({ account, wanted: { host } }: Entry, err: unknown): void {
    this.#options.logger.error({ account, host, err }, 'certificate check failed')
    if (this.#entries.has(host)) this.#timetable.set(host, this.#options.clock.now() + AFTER_ERROR_MS)
  }
}
