import { mkdir, rm } from 'node:fs/promises'
import { type HostSettings, hostLayout, tenantLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Trees } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import { hasCode, undefinedIfMissing } from '../system-error.ts'
import { archiveTree } from './archive-tree.ts'
import { componentsBeneath, withParent } from './beneath.ts'
import { hostIds, parseMode } from './host-ids.ts'
import { TreeObserver } from './observe-tree.ts'
import { makePassword } from './password.ts'
import { removeTree } from './remove-tree.ts'
import { createSecretFile, readSecretFile, SECRET_MODE, waitIfMissing } from './secrets.ts'
import { createSiteDirectory } from './sites.ts'
import { tellIfFull } from './storage-full.ts'
import { makeDirectory, replaceFile } from './write-file.ts'

export interface FileTreesOptions {
  readonly settings: HostSettings
  readonly clock: Pick<Clock, 'now'>
  /** Unpredictable: `randomBytes` of `node:crypto`. */
  readonly randomBytes: (count: number) => Uint8Array
}

/** Trees of tenants are traversed by their owners, and listed by root alone. */
export const TREES_MODE = 0o711

const removeIfPresent = async (path: string): Promise<void> => {
  await rm(path, { force: true }).catch((error: unknown) => {
    if (!hasCode(error, 'ENOTDIR')) throw error
  })
}

/**
 * Tenants' trees on the file system. Whoever calls runs as root. Every path has to be below the directory of all trees,
 * else TerminalError `PathOutsideTree`; where something blocks a path on the way, TerminalError `PathBlocked`.
 */
export const fileTrees = ({ settings, clock, randomBytes }: FileTreesOptions): Trees => {
  const { trees, archive: archives } = hostLayout(settings)
  const observer = new TreeObserver()
  const treeOf = (account: string): string => {
    const { tree } = tenantLayout(settings, account)
    if (componentsBeneath(trees, tree).length !== 1) throw new Error(`${account} is no name of an account`)
    return tree
  }
  return {
    observe: (desired, allocation) => observer.observe(desired, allocation),
    async ensureDirectory({ path, mode, owner }, allocation) {
      await mkdir(trees, { recursive: true, mode: TREES_MODE })
      await withParent(trees, path, (safe) =>
        makeDirectory(safe, parseMode(mode), hostIds(owner, allocation), path),
      ).catch(tellIfFull(path))
    },
    writeFile: ({ path, content, mode, owner }, allocation) =>
      withParent(trees, path, (safe) => replaceFile(safe, content, parseMode(mode), hostIds(owner, allocation))).catch(
        tellIfFull(path),
      ),
    async removeFile(path) {
      await withParent(trees, path, removeIfPresent).catch(undefinedIfMissing)
    },
    async removeDirectory(path) {
      if (componentsBeneath(trees, path).length === 1) {
        throw new TerminalError('PathOutsideTree', `${path} is a whole tree, not a directory in one`)
      }
      await withParent(trees, path, (safe) => removeTree(safe, path)).catch(undefinedIfMissing)
      observer.forget(path)
    },
    createSecret: ({ path, owner }, allocation) =>
      withParent(trees, path, (safe) =>
        createSecretFile(safe, hostIds(owner, allocation), () => makePassword(randomBytes)),
      ).catch(tellIfFull(path)),
    replaceSecret: ({ path, owner }, allocation) =>
      withParent(trees, path, (safe) =>
        replaceFile(safe, makePassword(randomBytes), SECRET_MODE, hostIds(owner, allocation)),
      ).catch(tellIfFull(path)),
    readSecret: (path) => withParent(trees, path, (safe) => readSecretFile(safe, path)).catch(waitIfMissing(path)),
    createSite: (site, allocation) =>
      withParent(trees, site.path, (safe) => createSiteDirectory(site, safe, hostIds(site.owner, allocation))).catch(
        tellIfFull(site.path),
      ),
    async archive(account, retain) {
      const tree = treeOf(account)
      await archiveTree({ account, tree, archives, now: clock.now() }, retain)
      observer.forget(tree)
    },
  }
}
