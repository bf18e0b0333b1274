import type { Logger } from 'pino'
import type { Plan } from '../plan/steps.ts'
import type { Clock } from '../ports/store.ts'
import type { AccountReconciler } from './account-reconciler.ts'
import type { HostReconciler } from './host-reconciler.ts'
import type { ReconcileResult } from './judge-pass.ts'
import type { PasswordOwners } from './rotate-passwords.ts'
import type { WorkQueue } from './work-queue.ts'

/** `Host`, or `Account/` and a name. Never a content: what is wanted is loaded when the key's turn comes. */
export type Key = string

export const HOST_KEY: Key = 'Host'

export const accountKey = (account: string): Key => `Account/${account}`

export interface ControllerOptions {
  readonly queue: WorkQueue
  readonly accounts: AccountReconciler
  readonly host: HostReconciler
  readonly clock: Clock
  readonly logger: Logger
  /** Accounts worked on at once. */
  readonly concurrency: number
  /** Each key is looked at again after this, give or take a tenth. */
  readonly resyncMs: number
  /** Told of each pass that ended. */
  readonly onPass?: (key: Key, end: PassEnd, seconds: number, endedAtMs: number) => void
}

/** What follows upon a pass; `superseded`: it was cut off, since the spec changed. */
export type PassEnd = ReconcileResult['next'] | 'superseded'

const RESYNC_JITTER = 0.1

/** Takes keys off the queue, one pass each, and decides when each is looked at again. */
export class Controller {
  readonly #options: ControllerOptions
  /** Of the pass under way on each key. */
  readonly #passes = new Map<Key, AbortController>()
  /** What is to be done before the next pass on each key. None of them rejects. */
  readonly #errands = new Map<Key, (() => Promise<void>)[]>()

  constructor(options: ControllerOptions) {
    this.#options = options
  }

  /** Something may have changed: look soon. Cheap, and may be called any number of times. */
  hint(key: Key): void {
    this.#options.queue.add(key)
  }

  /** The spec changed: what failed before says nothing any more, and a pass toward the former spec is cut off. */
  changed(key: Key): void {
    // Before the key is added: with room in the queue its next pass begins within the call.
    this.#passes.get(key)?.abort(new Error(`another spec of ${key} is there`))
    this.#options.queue.forget(key)
    this.#options.queue.add(key)
  }

  plan(account: string): Promise<Plan> {
    return this.#options.accounts.plan(account)
  }

  /**
   * New passwords for owners of schemas, in force when it resolves or with the pass that follows.
   * @throws TerminalError `OwnerUnknown`
   */
  rotatePasswords(account: string, owners: PasswordOwners): Promise<readonly string[]> {
    return this.#beforeNextPass(accountKey(account), () => this.#options.accounts.rotatePasswords(account, owners))
  }

  /** Does something while no pass is under way on the key, and has a pass follow. */
  #beforeNextPass<T>(key: Key, errand: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const errands = this.#errands.get(key) ?? []
      this.#errands.set(key, [...errands, () => errand().then(resolve, reject)])
      this.#options.queue.add(key)
    })
  }

  async #runErrands(key: Key): Promise<void> {
    const errands = this.#errands.get(key) ?? []
    this.#errands.delete(key)
    for (const errand of errands) await errand()
  }

  /** Until `signal` aborts; passes under way are cut off and waited for. */
  run(signal: AbortSignal): Promise<void> {
    const { queue, concurrency, logger } = this.#options
    const onError = (key: Key, error: unknown): void => {
      if (!signal.aborted) logger.error({ key, err: error }, 'pass failed')
    }
    return queue.run((key, passSignal) => this.#work(key, passSignal), { concurrency, signal, onError })
  }

  async #work(key: Key, signal: AbortSignal): Promise<void> {
    const started = this.#options.clock.now()
    const superseded = new AbortController()
    this.#passes.set(key, superseded)
    try {
      await this.#runErrands(key)
      const result = await this.#pass(key, AbortSignal.any([signal, superseded.signal]))
      const ms = this.#tell(key, result.next, started)
      this.#options.logger.debug({ key, next: result.next, ms }, 'pass done')
      this.#requeue(key, result)
    } catch (error) {
      // The key is on the queue again already.
      if (!superseded.signal.aborted || signal.aborted) throw error
      this.#tell(key, 'superseded', started)
      this.#options.logger.debug({ key }, 'pass cut off by another spec')
    } finally {
      this.#passes.delete(key)
    }
  }

  /** Answers how many milliseconds the pass took. */
  #tell(key: Key, end: PassEnd, startedAt: number): number {
    const now = this.#options.clock.now()
    this.#options.onPass?.(key, end, (now - startedAt) / 1000, now)
    return now - startedAt
  }

  async #pass(key: Key, signal: AbortSignal): Promise<ReconcileResult> {
    if (key !== HOST_KEY) return this.#options.accounts.reconcile(key.slice('Account/'.length), signal)
    try {
      await this.#options.host.reconcile()
      return { next: 'idle' }
    } catch (error) {
      this.#options.logger.error({ key, err: error }, 'pass failed')
      return { next: 'retry', error }
    }
  }

  #requeue(key: Key, result: ReconcileResult): void {
    const { queue, resyncMs, clock } = this.#options
    switch (result.next) {
      case 'idle':
        queue.forget(key)
        queue.addAfter(key, resyncMs * (1 - RESYNC_JITTER + 2 * RESYNC_JITTER * clock.random()))
        break
      case 'wait':
        queue.addAfter(key, result.afterMs)
        break
      case 'retry':
        queue.addRateLimited(key)
        break
      case 'gone':
        queue.forget(key)
    }
  }
}
