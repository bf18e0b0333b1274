import type { Allocation, ObservedStorage, StorageLimits } from '../plan/resources.ts'

/**
 * What holds tenants' trees to their size, over files of every user. Enforced by the kernel, so it holds while the
 * operator is away, and after a reboot.
 */
export interface Quotas {
  /**
   * Starts no program while nothing has changed: it is called in every pass of every account. `wanted` tells what to
   * look for: a limit that is larger than the file system can't be told from none.
   */
  observe(account: string, allocation: Allocation, wanted: StorageLimits): Promise<ObservedStorage>
  /**
   * Makes the tree where it is missing, empty and closed to all but root, has it counted with all that is in it, and sets
   * the limits, live. What the tree holds already is never removed.
   * @throws TerminalError with the reason that `observe` gives, when it is `unsupported`.
   */
  ensure(account: string, allocation: Allocation, limits: StorageLimits): Promise<void>
  /**
   * Accounts whose trees hold something that nothing counts, which a tenant may bring about. Called every few seconds, so it starts
   * no program either while nothing has changed.
   */
  uncounted(): Promise<readonly string[]>
  /** Lifts the limits, and counts what the tree holds to nobody. The tree stays. */
  drop(account: string, allocation: Allocation): Promise<void>
}
