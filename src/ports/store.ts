import type { Action, ResourceId } from '../plan/steps.ts'

/** By engine. */
export type DataVersions = Readonly<Record<string, string>>

/** Identity and inventory of an account: the finalizer. It is removed last. */
export interface AccountRecord {
  readonly name: string
  readonly index: number
  /** Rises by one with each accepted change of the spec. */
  readonly generation: number
  /** The last spec that was valid, as written. */
  readonly spec: unknown
  /** What that spec came to; it stays in force while the file is broken. */
  readonly resolved: unknown
  readonly hosts: readonly string[]
  /** What was made for the account and may have to be removed. Data that is kept leaves it. */
  readonly inventory: readonly ResourceId[]
  /** Versions that the data of database engines was last served with, also while the spec names them no more. */
  readonly dataVersions: DataVersions
  /** Generation that was last converged to; a step after that is a repair. */
  readonly convergedGeneration: number
  /** RFC 3339; set when the account's file is gone. */
  readonly deletionTimestamp?: string
}

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** CamelCase, for programs. */
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration: number
}

export interface EventEntry {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase, for programs. */
  readonly reason: string
  /** Kind and name, such as `Account/alice`. */
  readonly object: string
  readonly message: string
  readonly target?: ResourceId
  readonly action?: Action
  readonly cause?: string
}

/** False for an index that something else on the host has ids or addresses of: it is left out. */
export type IsFree = (index: number) => Promise<boolean>

/** Records, status files and events. Writes are atomic and happen only when the content changes. */
export interface Store {
  readRecord(account: string): Promise<AccountRecord | undefined>
  /** True when the file was written. */
  writeRecord(record: AccountRecord): Promise<boolean>
  removeRecord(account: string): Promise<void>
  listRecords(): Promise<readonly string[]>
  /** What {@link allocateIndex} would return now. */
  nextIndex(isFree: IsFree): Promise<number>
  /**
   * The lowest index above all that any account has or had; when there is none, the lowest of which no record, tree or archive
   * is left. Durable before it returns. @throws TerminalError `PoolExhausted`
   */
  allocateIndex(isFree: IsFree): Promise<number>
  /** Whether neither a record nor an archive has the index. */
  isUnclaimed(index: number): Promise<boolean>
  /** From now on the index counts as used. Durable before it returns. */
  reserveIndex(index: number): Promise<void>
  /** True when the file was written. */
  writeStatus(kind: string, name: string, status: unknown): Promise<boolean>
  readStatus(kind: string, name: string): Promise<unknown>
  removeStatus(kind: string, name: string): Promise<void>
  /** Which configuration each service has loaded since it was started; see `recordConfig` in the plan. */
  readLoadedConfig(account: string): Promise<ReadonlyMap<string, string>>
  writeLoadedConfig(account: string, service: string, digest: string): Promise<void>
  appendEvent(event: EventEntry): Promise<void>
}

/** Milliseconds since the epoch, timers and randomness, so that tests can own them. */
export interface Clock {
  now(): number
  /** In [0, 1). */
  random(): number
  /** Resolves after `ms`, rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}
