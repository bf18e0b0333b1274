import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SUBORDINATE_IDS } from '../../plan/allocation.ts'
import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { undefinedIfMissing } from '../system-error.ts'

/** Owners stand this deep in an archive or a tree: archive, `sites`, a site, a file of it. */
const depth = 4

/** The index whose user or subordinate range the id is out of; -1 when it is out of neither. */
const indexOfId = ({ uidBase, subIdBase }: HostSettings, id: number): number => {
  if (id >= subIdBase) return Math.floor((id - subIdBase) / SUBORDINATE_IDS)
  return id >= uidBase && id < uidBase + SUBORDINATE_IDS ? id - uidBase : -1
}

const highestBelow = async (settings: HostSettings, path: string, levels: number): Promise<number> => {
  const found = await lstat(path).catch(undefinedIfMissing)
  if (!found) return -1
  let highest = Math.max(indexOfId(settings, found.uid), indexOfId(settings, found.gid))
  if (levels === 0 || !found.isDirectory()) return highest
  for (const name of (await readdir(path).catch(undefinedIfMissing)) ?? []) {
    highest = Math.max(highest, await highestBelow(settings, join(path, name), levels - 1))
  }
  return highest
}

/**
 * The highest index that owns something in a tree or an archive, or -1. Kept data still belongs to the ids of its
 * account, so nobody else may get them.
 */
export const highestIndexOnDisk = async (settings: HostSettings): Promise<number> => {
  const { archive, trees } = hostLayout(settings)
  return Math.max(await highestBelow(settings, archive, depth), await highestBelow(settings, trees, depth - 1))
}
