import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { capacity, SUBORDINATE_IDS } from '../../plan/allocation.ts'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { undefinedIfMissing } from '../system-error.ts'

/** Owners stand this deep in an archive or a tree: archive, `sites`, a site, a file of it. */
const depth = 4

/** The index whose user or subordinate range the id is out of; undefined when it is out of none. */
const indexOfId = (settings: HostSettings, id: number): number | undefined => {
  const { uidBase, subIdBase } = settings
  const indexes = [id - uidBase, Math.floor((id - subIdBase) / SUBORDINATE_IDS)]
  return indexes.find((index) => index >= 0 && index < capacity(settings))
}

const collect = async (settings: HostSettings, path: string, levels: number, found: Set<number>): Promise<void> => {
  const stats = await lstat(path).catch(undefinedIfMissing)
  if (!stats) return
  for (const index of [indexOfId(settings, stats.uid), indexOfId(settings, stats.gid)])
    if (index !== undefined) found.add(index)
  if (levels === 0 || !stats.isDirectory()) return
  for (const name of (await readdir(path).catch(undefinedIfMissing)) ?? [])
    await collect(settings, join(path, name), levels - 1, found)
}

const ownersBelow = async (settings: HostSettings, path: string, levels: number): Promise<ReadonlySet<number>> => {
  const found = new Set<number>()
  await collect(settings, path, levels, found)
  return found
}

/** Indexes that kept data of former accounts belongs to: nobody else may get them. */
export const archivedIndexes = (settings: HostSettings) => ownersBelow(settings, hostLayout(settings).archive, depth)

/** Indexes that something in a tree belongs to. */
export const treeIndexes = (settings: HostSettings) => ownersBelow(settings, hostLayout(settings).trees, depth - 1)
