import type { Logger } from 'pino'
import type { Kinds } from '../plan/kind.ts'
import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import type { DeletionPolicy, HostSettings } from '../plan/settings.ts'
import type { AnyStep, Plan } from '../plan/steps.ts'
import { TerminalError, WaitingError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccountRecord } from '../ports/store.ts'
import { deleteAccount } from './account-deletion.ts'
import { accept, type InForce, lastGood, type Surroundings, standingRecord } from './account-in-force.ts'
import { planAccount } from './account-pass.ts'
import { allocateIndex, nextIndex } from './allocate-index.ts'
import type { Claims } from './claims.ts'
import type { Phase, Verdict } from './conditions.ts'
import { convergeAccount, logFailure } from './converge-account.ts'
import { believedDeletions } from './deletion-guard.ts'
import type { Outcome } from './execute.ts'
import type { ReconcileResult } from './judge-pass.ts'
import { type PasswordOwners, rotatePasswords } from './rotate-passwords.ts'
import { deletionHeld, SPEC_VALID, specInvalid, specUnreadable } from './spec-condition.ts'
import type { Specs, SpecVerdict } from './specs.ts'
import { StatusWriter } from './status-writer.ts'
import { tellOfStep } from './step-events.ts'
import { updateRecord } from './update-record.ts'

export interface AccountReconcilerOptions {
  readonly ports: Ports
  readonly settings: HostSettings
  /** As it is now. */
  readonly deletionPolicy: () => DeletionPolicy
  readonly kinds: Kinds
  readonly specs: Specs
  readonly claims: Claims
  readonly logger: Logger
  /** Steps of one account under way at once. */
  readonly concurrency: number
  /** Called after each pass, for those who watch what stands now. */
  readonly onPass?: (desired: DesiredTenant, observed: ObservedTenant) => void
  readonly onDeleted?: (account: string) => void
}

type ValidSpec = Extract<SpecVerdict, { state: 'valid' }>

/**
 * Brings one account to what its spec says. A key is an account's name, never an event: every pass loads what is wanted
 * now and looks at what stands now. Never called twice at once for one account. Safe to be cut off anywhere.
 */
export class AccountReconciler {
  readonly #options: AccountReconcilerOptions
  /** For a pass, which takes what it may have. */
  readonly #taking: Surroundings
  /** For a look, which changes nothing. */
  readonly #looking: Surroundings
  /** The only one that writes the status of accounts. */
  readonly status: StatusWriter

  constructor(options: AccountReconcilerOptions) {
    this.#options = options
    const { settings, kinds, claims } = options
    this.#taking = { settings, kinds, claim: (account, wanted, still) => claims.claim(account, wanted, still) }
    this.#looking = { settings, kinds, claim: (account, wanted) => claims.judge(account, wanted) }
    this.status = new StatusWriter(options.ports.store, options.ports.clock, options.specs)
  }

  /** Never throws but for an abort. */
  async reconcile(account: string, signal: AbortSignal): Promise<ReconcileResult> {
    try {
      return await this.#reconcile(account, signal)
    } catch (error) {
      signal.throwIfAborted()
      return await this.#failed(account, error)
    }
  }

  /** What the next pass would do. */
  async plan(account: string): Promise<Plan> {
    const { ports, specs } = this.#options
    const verdict = specs.find(account)
    const record = await ports.store.readRecord(account)
    const inForce =
      verdict.state === 'valid' ? await this.#look(account, verdict, record) : lastGood(record, this.#looking)
    if (inForce === undefined) return { steps: [], blocked: [] }
    return planAccount(ports, inForce.record, inForce.desired, inForce.denied)
  }

  /**
   * Not while {@link reconcile} works on the account.
   * @throws TerminalError `OwnerUnknown`
   */
  async rotatePasswords(account: string, owners: PasswordOwners): Promise<readonly string[]> {
    const { ports } = this.#options
    const inForce = lastGood(await ports.store.readRecord(account), this.#looking)
    if (inForce === undefined) throw new TerminalError('OwnerUnknown', `${account} has no databases`)
    return rotatePasswords(ports, inForce.desired, owners)
  }

  async #reconcile(account: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { ports, specs } = this.#options
    const verdict = specs.find(account)
    const record = await ports.store.readRecord(account)
    if (record?.deletionTimestamp !== undefined && verdict.state !== 'unknown') {
      await this.#delete(record, signal)
      return verdict.state === 'absent' ? { next: 'gone' } : this.#reconcile(account, signal)
    }
    switch (verdict.state) {
      case 'valid':
        return this.#converge(await this.#accept(account, verdict, record), SPEC_VALID, signal)
      case 'invalid':
        return this.#keepLastGood(account, record, verdict, signal)
      case 'unknown': {
        const inForce = this.#lastGood(record)
        return inForce === undefined ? { next: 'idle' } : this.#converge(inForce, specUnreadable(verdict), signal)
      }
      case 'absent':
        return record === undefined ? this.#forget(account) : this.#end(record, signal)
    }
  }

  async #forget(account: string): Promise<ReconcileResult> {
    await this.#options.ports.store.removeStatus('Account', account)
    return { next: 'gone' }
  }

  async #keepLastGood(
    account: string,
    record: AccountRecord | undefined,
    verdict: Extract<SpecVerdict, { state: 'invalid' }>,
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    const inForce = this.#lastGood(record)
    if (inForce !== undefined) return this.#converge(inForce, specInvalid(verdict), signal)
    await this.status.write({
      account,
      generation: 0,
      spec: {},
      specVerdict: specInvalid(verdict),
      phase: { phase: 'stalled', reason: verdict.reason, message: verdict.problems.join('; ') },
    })
    return { next: 'idle' }
  }

  #lastGood(record: AccountRecord | undefined): InForce | undefined {
    return lastGood(record, this.#taking)
  }

  /** What a valid spec comes to. */
  async #look(account: string, verdict: ValidSpec, record: AccountRecord | undefined): Promise<InForce> {
    const known = standingRecord(account, record)
    const index = known?.index ?? (await nextIndex(this.#options, account))
    return accept({ account, verdict, known, index }, this.#looking)
  }

  /** Takes a valid spec into the record, which has the identity. */
  async #accept(account: string, verdict: ValidSpec, record: AccountRecord | undefined): Promise<InForce> {
    const { store } = this.#options.ports
    const known = standingRecord(account, record)
    const index = known?.index ?? (await allocateIndex(this.#options, account))
    const accepted = accept({ account, verdict, known, index }, this.#taking)
    return { ...accepted, record: await updateRecord(store, known, accepted.record) }
  }

  #converge(inForce: InForce, specVerdict: Verdict, signal: AbortSignal): Promise<ReconcileResult> {
    const { onPass = () => undefined } = this.#options
    return convergeAccount(inForce, specVerdict, { ...this.#options, status: this.status, onPass }, signal)
  }

  async #end(record: AccountRecord, signal: AbortSignal): Promise<ReconcileResult> {
    const { ports, specs, deletionPolicy } = this.#options
    const believed = believedDeletions(await ports.store.listRecords(), specs.names(), deletionPolicy())
    if (believed.has(record.name)) {
      await this.#delete(record, signal)
      return { next: 'gone' }
    }
    const inForce = this.#lastGood(record)
    return inForce === undefined ? { next: 'idle' } : this.#converge(inForce, deletionHeld(record.name), signal)
  }

  /** To its end, also when the account is wanted again meanwhile: half a tenant is nobody's. */
  async #delete(record: AccountRecord, signal: AbortSignal): Promise<void> {
    const { ports, settings, claims, deletionPolicy, concurrency, logger } = this.#options
    const onStep = (step: AnyStep, outcome: Outcome) =>
      tellOfStep({ ...record, convergedGeneration: -1 }, step, outcome, { store: ports.store, logger, signal })
    await deleteAccount(record, settings, deletionPolicy().retainData, { ports, concurrency, signal, onStep })
    claims.release(record.name)
    this.#options.onDeleted?.(record.name)
  }

  async #failed(account: string, error: unknown): Promise<ReconcileResult> {
    if (error instanceof WaitingError) return { next: 'wait', afterMs: error.afterMs }
    const reason = error instanceof TerminalError ? error.reason : 'PassFailed'
    const message = error instanceof Error ? error.message : String(error)
    logFailure(this.#options.logger, account, error)
    const phase: Phase = { phase: error instanceof TerminalError ? 'stalled' : 'progressing', reason, message }
    const record = await this.#options.ports.store.readRecord(account).catch(() => undefined)
    const specVerdict: Verdict = { type: 'SpecValid', status: 'Unknown', reason, message: '' }
    const generation = record?.generation ?? 0
    await this.status.write({ account, generation, spec: record?.spec ?? {}, specVerdict, phase })
    return error instanceof TerminalError ? { next: 'idle' } : { next: 'retry', error }
  }
}
