import type { Planning } from '../plan-builder.ts'
import { type CountedStorage, type StorageLimits, UNLIMITED } from '../resources.ts'

/** File systems keep limits in blocks: what is lower by less than one is as it was asked for. */
const BLOCK_BYTES = 4096

/** Whether the kernel holds the tree to what is wanted, as far as its file system can. */
export const isStorageInForce = (seen: CountedStorage, wanted: StorageLimits): boolean =>
  seen.bytes <= wanted.bytes &&
  wanted.bytes - seen.bytes < BLOCK_BYTES &&
  (seen.inodes === 'never-counted' || seen.inodes === wanted.inodes)

const told = (limit: number | 'never-counted'): string => (limit === UNLIMITED ? 'unlimited' : `${limit}`)

const describeStorage = ({ bytes, inodes }: Pick<CountedStorage, 'bytes' | 'inodes'>): string =>
  `bytes ${told(bytes)}, inodes ${told(inodes)}`

/** Before the tree is filled. Also without a limit, so that one can be set later on without moving files. */
export const planStorage = ({ desired, observed, builder }: Planning): void => {
  const { account, storage: limits } = desired
  const seen = observed.storage
  if (seen.state === 'unsupported') return
  if (seen.state === 'counted' && isStorageInForce(seen, limits)) return
  const cause =
    seen.state === 'uncounted'
      ? seen.cause
      : `the tree is held to ${describeStorage(seen)}, wanted is ${describeStorage(limits)}`
  builder.add({
    action: 'setStorageLimits',
    args: { limits },
    target: `quota/${account}`,
    cause,
    needs: [`user/${account}`],
  })
}
