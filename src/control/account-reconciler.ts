import type { Logger } from 'pino'
import { allocationOf } from '../plan/allocation.ts'
import { isSameJson } from '../plan/digest.ts'
import { isResolvedAccount } from '../plan/is-resolved-account.ts'
import type { Kinds } from '../plan/kind.ts'
import { render } from '../plan/render.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'
import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import { inventoryUnder } from '../plan/retain-data.ts'
import type { DeletionPolicy, HostSettings } from '../plan/settings.ts'
import type { AnyStep, Blocked, Plan } from '../plan/steps.ts'
import { TerminalError, WaitingError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { AccountRecord } from '../ports/store.ts'
import { deleteAccount } from './account-deletion.ts'
import { planAccount, runPass } from './account-pass.ts'
import { type Claims, wantedHosts, withGrantedHosts } from './claims.ts'
import type { Phase, Verdict } from './conditions.ts'
import { withServableDatabases } from './data-versions.ts'
import { believedDeletions } from './deletion-guard.ts'
import type { Outcome } from './execute.ts'
import { judgePass, type ReconcileResult } from './judge-pass.ts'
import { type PasswordOwners, rotatePasswords } from './rotate-passwords.ts'
import { serviceEvents } from './service-reports.ts'
import type { Specs, SpecVerdict } from './specs.ts'
import { reportsOf, StatusWriter } from './status-writer.ts'
import { tellOfStep } from './step-events.ts'

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

const SPEC_VALID: Verdict = { type: 'SpecValid', status: 'True', reason: 'Valid', message: '' }

const specInvalid = ({ reason, problems }: Extract<SpecVerdict, { state: 'invalid' }>): Verdict => ({
  type: 'SpecValid',
  status: 'False',
  reason,
  message: problems.join('; '),
})

/** What of an account is in force, and how to write of it. */
interface InForce {
  readonly record: AccountRecord
  readonly desired: DesiredTenant
  readonly denied: readonly Blocked[]
}

/**
 * Brings one account to what its spec says. A key is an account's name, never an event: every pass loads what is wanted
 * now and looks at what stands now. Never called twice at once for one account. Safe to be cut off anywhere.
 */
export class AccountReconciler {
  readonly #options: AccountReconcilerOptions
  /** The only one that writes the status of accounts. */
  readonly status: StatusWriter

  constructor(options: AccountReconcilerOptions) {
    this.#options = options
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
      verdict.state === 'valid' ? await this.#accept(account, verdict, record, 'look') : this.#lastGood(record)
    if (inForce === undefined) return { steps: [], blocked: [] }
    return planAccount(ports, inForce.record, inForce.desired, inForce.denied)
  }

  /**
   * Not while {@link reconcile} works on the account.
   * @throws TerminalError `OwnerUnknown`
   */
  async rotatePasswords(account: string, owners: PasswordOwners): Promise<readonly string[]> {
    const { ports } = this.#options
    const inForce = this.#lastGood(await ports.store.readRecord(account))
    if (inForce === undefined) throw new TerminalError('OwnerUnknown', `${account} has no databases`)
    return rotatePasswords(ports, inForce.desired, owners)
  }

  async #reconcile(account: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { ports, specs } = this.#options
    const verdict = specs.find(account)
    const record = await ports.store.readRecord(account)
    switch (verdict.state) {
      case 'valid':
        return this.#converge(await this.#accept(account, verdict, record, 'act'), SPEC_VALID, signal)
      case 'invalid':
        return this.#keepLastGood(account, record, verdict, signal)
      case 'unknown': {
        const unknown: Verdict = {
          type: 'SpecValid',
          status: 'Unknown',
          reason: 'SpecsUnreadable',
          message: verdict.message,
        }
        const inForce = this.#lastGood(record)
        return inForce === undefined ? { next: 'idle' } : this.#converge(inForce, unknown, signal)
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
    if (record === undefined || record.deletionTimestamp !== undefined) return undefined
    if (!isResolvedAccount(record.resolved))
      throw new TerminalError(
        'RecordCorrupt',
        `the record of ${record.name} holds no account: correct the spec to replace it`,
      )
    return this.#inForce(record, record.resolved)
  }

  #inForce(record: AccountRecord, resolved: ResolvedAccount, refused: readonly Blocked[] = []): InForce {
    const { settings, kinds, claims } = this.#options
    const granted = claims.claim(record.name, wantedHosts(resolved))
    const { account, blocked } = withGrantedHosts(resolved, granted)
    const desired = render(account, allocationOf(settings, record.index), settings, kinds)
    return { record: { ...record, hosts: [...granted].sort() }, desired, denied: [...refused, ...blocked] }
  }

  /** Takes a valid spec into the record, which has the identity; `look` leaves the disk alone. */
  async #accept(
    account: string,
    { resolved: wanted, spec }: Extract<SpecVerdict, { state: 'valid' }>,
    former: AccountRecord | undefined,
    mode: 'look' | 'act',
  ): Promise<InForce> {
    const { store } = this.#options.ports
    const known = former?.deletionTimestamp === undefined ? former : undefined
    if (former !== undefined && known === undefined)
      throw new WaitingError('Terminating', `the former account ${account} is being removed first`, 1_000)
    const dataVersions = known?.dataVersions ?? {}
    const { account: resolved, blocked } = withServableDatabases(wanted, {
      served: dataVersions,
      inForce: isResolvedAccount(known?.resolved) ? known.resolved : undefined,
      kinds: this.#options.kinds.databases,
    })
    const changed = known === undefined || !isSameJson([known.resolved, known.spec], [resolved, spec])
    const index = known?.index ?? (await (mode === 'look' ? store.nextIndex() : store.allocateIndex()))
    const inForce = this.#inForce(
      {
        name: account,
        index,
        generation: (known?.generation ?? 0) + (changed ? 1 : 0),
        spec,
        resolved,
        hosts: [],
        inventory: known?.inventory ?? [],
        dataVersions,
        convergedGeneration: known?.convergedGeneration ?? 0,
      },
      resolved,
      blocked,
    )
    const inventory = inventoryUnder(resolved.removedData, inForce.record.inventory, inForce.desired)
    const accepted = { ...inForce, record: { ...inForce.record, inventory } }
    if (mode === 'act') await store.writeRecord(accepted.record)
    return accepted
  }

  async #converge(inForce: InForce, specVerdict: Verdict, signal: AbortSignal): Promise<ReconcileResult> {
    const { ports, concurrency, logger, onPass } = this.#options
    const { record, desired, denied } = inForce
    const onStep = (step: AnyStep, outcome: Outcome) =>
      tellOfStep(record, step, outcome, { store: ports.store, logger, signal })
    const told = reportsOf(await ports.store.readStatus('Account', record.name))
    const pass = await runPass(record, desired, denied, { ports, concurrency, told, signal, onStep })
    if (pass.seen.observed.engine === 'running') onPass?.(desired, pass.seen.observed)
    const { phase, result } = judgePass(pass)
    const finished = phase.phase === 'ready' ? await this.#converged(pass.record) : pass.record
    if (pass.failure !== undefined) this.#log('pass failed', record.name, pass.failure.error)
    for (const event of serviceEvents(record.name, told, pass.seen.reports)) await ports.store.appendEvent(event)
    await this.status.write({
      account: record.name,
      generation: finished.generation,
      spec: finished.spec,
      specVerdict,
      phase:
        specVerdict.status === 'False'
          ? { phase: 'stalled', reason: specVerdict.reason, message: specVerdict.message }
          : phase,
      seen: pass.seen,
    })
    return result
  }

  async #converged(record: AccountRecord): Promise<AccountRecord> {
    if (record.convergedGeneration === record.generation) return record
    const { store } = this.#options.ports
    const next = { ...record, convergedGeneration: record.generation }
    await store.writeRecord(next)
    const message = `generation ${record.generation} is in force`
    await store.appendEvent({ type: 'Normal', reason: 'Converged', object: `Account/${record.name}`, message })
    return next
  }

  async #end(record: AccountRecord, signal: AbortSignal): Promise<ReconcileResult> {
    const { ports, settings, specs, claims, deletionPolicy } = this.#options
    const policy = deletionPolicy()
    const believed = believedDeletions(await ports.store.listRecords(), specs.names(), policy)
    if (record.deletionTimestamp === undefined && !believed.has(record.name)) {
      const message = `${record.name} is gone from the specs together with too many others: put it back, or confirm it in the Host's deletion.confirmed`
      const inForce = this.#lastGood(record)
      const held: Verdict = { type: 'SpecValid', status: 'False', reason: 'DeletionHeld', message }
      return inForce === undefined ? { next: 'idle' } : this.#converge(inForce, held, signal)
    }
    const onStep = (step: AnyStep, outcome: Outcome) =>
      tellOfStep({ ...record, convergedGeneration: -1 }, step, outcome, { store: ports.store, logger, signal })
    const { concurrency, logger } = this.#options
    await deleteAccount(record, settings, policy.retainData, { ports, concurrency, signal, onStep })
    claims.release(record.name)
    this.#options.onDeleted?.(record.name)
    return { next: 'gone' }
  }

  async #failed(account: string, error: unknown): Promise<ReconcileResult> {
    if (error instanceof WaitingError) return { next: 'wait', afterMs: error.afterMs }
    const reason = error instanceof TerminalError ? error.reason : 'PassFailed'
    const message = error instanceof Error ? error.message : String(error)
    this.#log('pass failed', account, error)
    const phase: Phase = { phase: error instanceof TerminalError ? 'stalled' : 'progressing', reason, message }
    const record = await this.#options.ports.store.readRecord(account).catch(() => undefined)
    const specVerdict: Verdict = { type: 'SpecValid', status: 'Unknown', reason, message: '' }
    const generation = record?.generation ?? 0
    await this.status.write({ account, generation, spec: record?.spec ?? {}, specVerdict, phase })
    return error instanceof TerminalError ? { next: 'idle' } : { next: 'retry', error }
  }

  #log(message: string, account: string, error: unknown): void {
    const { logger } = this.#options
    if (error instanceof WaitingError) logger.info({ account, reason: error.reason, err: error }, 'pass has to wait')
    else logger.error({ account, err: error }, message)
  }
}
