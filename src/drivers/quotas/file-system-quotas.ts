import type { ObservedStorage, StorageLimits } from '../../plan/resources.ts'

/** Why trees can't be held to a size here, and the way out. */
export interface Unsupported {
  readonly reason: string
  readonly message: string
}

/** A tree, and the id that its file system counts it by. */
export interface CountedTree {
  readonly path: string
  /** That of the tenant's system user: disjoint for accounts and installations as the pool of user ids is, and never 0. */
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
