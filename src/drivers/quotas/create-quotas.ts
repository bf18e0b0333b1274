import { existsSync } from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { type Allocation, type CountedStorage, UNLIMITED } from '../../plan/resources.ts'
import { type HostSettings, hostLayout, tenantLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Quotas } from '../../ports/quotas.ts'
import type { Clock } from '../../ports/store.ts'
import { readKernelFile } from '../host/kernel-files.ts'
import { type Mount, mountOf, nearestExisting } from '../host/mounts.ts'
import type { RunProgram } from '../host/program.ts'
import { TREES_MODE } from '../trees/file-trees.ts'
import { btrfsQuotas } from './btrfs-quotas.ts'
import type { CountedTree, FileSystemQuotas } from './file-system-quotas.ts'
import { projectQuotas } from './project-quotas.ts'

export interface QuotasOptions {
  readonly settings: HostSettings
  readonly runProgram: RunProgram
  readonly clock: Pick<Clock, 'now'>
}

/** How long it is believed that the data root stands on the same mount. */
const MOUNT_KNOWN_MS = 1_000

const withoutQuota = (dataRoot: string, type: string): FileSystemQuotas => {
  const reason = 'FileSystemWithoutQuota'
  const message = `${dataRoot} is on ${type}, where Palisade can't limit storage: put spec.dataRoot of the Host on btrfs, XFS or ext4, or have an image file made for it with spec.storage.image`
  const refuse = async () => Promise.reject(new TerminalError(reason, message))
  return {
    unsupported: () => ({ reason, message }),
    observe: async () => ({ state: 'unsupported', reason, message }),
    uncounted: async () => [],
    ensure: refuse,
    drop: async () => {},
  }
}

type Means = Pick<QuotasOptions, 'runProgram' | 'clock'>

const mountAt = (path: string): Mount | undefined =>
  mountOf(readKernelFile('/proc/self/mountinfo') ?? '', nearestExisting(path))

/** Quotas of the file system that `directory` is on. */
const quotasOn = (mount: Mount | undefined, directory: string, { runProgram, clock }: Means): FileSystemQuotas => {
  switch (mount?.type) {
    case 'btrfs':
      return btrfsQuotas({ mount, runProgram, clock })
    case 'xfs':
    case 'ext4':
      return projectQuotas({ mount, type: mount.type, runProgram })
    default:
      return withoutQuota(directory, mount?.type ?? 'an unknown file system')
  }
}

const isSameMount = (one: Mount | undefined, other: Mount | undefined): boolean =>
  one?.type === other?.type &&
  one?.source === other?.source &&
  one?.mountPoint === other?.mountPoint &&
  [...(one?.options ?? [])].join() === [...(other?.options ?? [])].join()

/** Where trees are at this moment, as the kernel sees it. */
interface Place {
  readonly mount: Mount | undefined
  readonly quotas: FileSystemQuotas
  /** Those of the host, with a data root without symbolic links. */
  readonly settings: HostSettings
  readonly seenAt: number
}

const lookAgain = (former: Place | undefined, options: QuotasOptions): Place => {
  const { settings, clock } = options
  const { dataRoot } = settings
  const mount = mountAt(dataRoot)
  return {
    mount,
    quotas:
      former !== undefined && isSameMount(former.mount, mount) ? former.quotas : quotasOn(mount, dataRoot, options),
    settings: { ...settings, dataRoot: existsSync(dataRoot) ? nearestExisting(dataRoot) : dataRoot },
    seenAt: clock.now(),
  }
}

/** Storage limits by what the data root is on: btrfs qgroups, or project quotas of XFS and ext4. */
export const createQuotas = (options: QuotasOptions): Quotas => {
  let known: Place | undefined
  const place = (): Place => {
    if (known === undefined || options.clock.now() - known.seenAt >= MOUNT_KNOWN_MS) known = lookAgain(known, options)
    return known
  }
  const treeIn = ({ settings }: Place, account: string, allocation: Allocation): CountedTree => ({
    path: tenantLayout(settings, account).tree,
    id: allocation.uid,
  })
  return {
    async observe(account, allocation, wanted) {
      const { quotas } = place()
      const unsupported = quotas.unsupported()
      if (unsupported !== undefined) return { state: 'unsupported', ...unsupported }
      return quotas.observe(treeIn(place(), account, allocation), wanted)
    },
    async uncounted() {
      const { quotas, settings } = place()
      return quotas.unsupported() === undefined ? quotas.uncounted(hostLayout(settings).trees) : []
    },
    async ensure(account, allocation, limits) {
      const { quotas, settings } = place()
      const unsupported = quotas.unsupported()
      if (unsupported !== undefined) throw new TerminalError(unsupported.reason, unsupported.message)
      await mkdir(hostLayout(settings).trees, { recursive: true, mode: TREES_MODE })
      await quotas.ensure(treeIn(place(), account, allocation), limits)
    },
    async drop(account, allocation) {
      const { quotas } = place()
      if (quotas.unsupported() === undefined) await quotas.drop(treeIn(place(), account, allocation))
    },
  }
}

/** What holds a tree at this moment, and what it holds, for people to read; undefined where that can't be told. */
export const readStorage = async (tree: string, means: Means): Promise<CountedStorage | undefined> => {
  const stats = await lstat(tree).catch(() => undefined)
  const quotas = quotasOn(mountAt(tree), tree, means)
  if (stats === undefined || quotas.unsupported() !== undefined) return undefined
  // A tree has the group of its tenant, which is numbered as its user is.
  const seen = await quotas.observe(
    { path: nearestExisting(tree), id: stats.gid },
    { bytes: UNLIMITED, inodes: UNLIMITED },
  )
  return seen.state === 'counted' ? seen : undefined
}
