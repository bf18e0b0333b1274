import type { Allocation, ObservedStorage, StorageLimits } from '../../plan/resources.ts'

/** Why trees can't be held to a size here, and the way out. */
export interface Unsupported {
  readonly reason: string
  readonly message: string
}

/** A tree, and the id that its file system counts it by. */
export interface CountedTree {
  readonly path: string
  /** Unique on the host: that of the tenant's system user, from the same pool. */
  readonly id: number
}

/** Quotas of one kind of file system. Methods as those of the port. */
export interface FileSystemQuotas {
  /** Undefined when trees can be counted here. */
  unsupported(): Unsupported | undefined
  observe(tree: CountedTree, wanted: StorageLimits): Promise<ObservedStorage>
  /** Names in `directory`, which holds all trees, of trees that are not counted whole. */
  uncounted(directory: string): Promise<readonly string[]>
  ensure(tree: CountedTree, limits: StorageLimits): Promise<void>
  drop(tree: CountedTree): Promise<void>
}

/** Disjoint for different accounts and installations, as the pool of user ids is; never 0. */
export const countedTree = (path: string, { uid }: Allocation): CountedTree => ({ path, id: uid })
