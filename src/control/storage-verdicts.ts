import { type CountedStorage, type DesiredTenant, type ObservedTenant, UNLIMITED } from '../plan/resources.ts'
import { isStorageInForce } from '../plan/rules/storage.ts'
import type { Condition } from '../ports/store.ts'
import type { Problem, Verdict } from './conditions.ts'

const ENFORCED = 'StorageLimitEnforced'
const AVAILABLE = 'StorageAvailable'

/** Shares of a limit: nearly full at the one, well again only below the other, so that it does not flip to and fro. */
const NEARLY_FULL = 0.95
const WELL_AGAIN = 0.9

type Wanted = Pick<DesiredTenant, 'account' | 'storage'>

const enforced = (status: Verdict['status'], reason: string, message: string): Verdict => ({
  type: ENFORCED,
  status,
  reason,
  message,
})

const NO_INODES =
  'the bytes are limited, but btrfs does not count files, so limits.inodes is not enforced: leave it out, for what files take of the bytes bounds their number too, or put the data root on XFS or ext4'

const enforcement = (
  { account, storage: wanted }: Wanted,
  seen: ObservedTenant['storage'],
  problems: readonly Problem[],
) => {
  if (seen.state === 'unsupported') return enforced('False', seen.reason, seen.message)
  const failed = problems.find(({ target }) => target === `quota/${account}`)
  if (failed !== undefined) return enforced('False', failed.reason, failed.message)
  if (seen.state === 'uncounted') return enforced('False', 'Pending', seen.cause)
  if (!isStorageInForce(seen, wanted)) return enforced('False', 'Pending', 'the kernel enforces another limit')
  if (seen.inodes === 'never-counted' && wanted.inodes !== UNLIMITED)
    return enforced('False', 'InodesNotCounted', NO_INODES)
  return enforced('True', 'AsDesired', '')
}

const share = (used: number | 'unknown', limit: number | 'never-counted'): number =>
  used === 'unknown' || limit === 'never-counted' || limit === UNLIMITED ? 0 : used / limit

/** Coarse, since a status holds no numbers that change by themselves. */
const availability = (seen: CountedStorage, former: readonly Condition[]): Verdict => {
  const wasFull = former.some(({ type, status }) => type === AVAILABLE && status === 'False')
  const used = Math.max(share(seen.used.bytes, seen.bytes), share(seen.used.inodes, seen.inodes))
  if (used < (wasFull ? WELL_AGAIN : NEARLY_FULL))
    return { type: AVAILABLE, status: 'True', reason: 'AsDesired', message: '' }
  const message =
    'the account has used up its storage, or nearly: what its services write is refused then; raise its storage limits, or remove files of it'
  return { type: AVAILABLE, status: 'False', reason: 'StorageNearlyFull', message }
}

/**
 * Whether an account's storage limits hold, and whether it has room left; nothing of an account without such limits. They
 * don't decide on Ready: the sites are served all the same.
 */
export const storageVerdicts = (
  desired: Wanted,
  { storage }: Pick<ObservedTenant, 'storage'>,
  problems: readonly Problem[],
  former: readonly Condition[],
): Verdict[] => {
  const { bytes, inodes } = desired.storage
  if (bytes === UNLIMITED && inodes === UNLIMITED) return []
  const verdict = enforcement(desired, storage, problems)
  return storage.state === 'counted' ? [verdict, availability(storage, former)] : [verdict]
}
