import { chmod, lchown, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DesiredSite, Owner } from '../../plan/resources.ts'
import { TerminalError } from '../../ports/errors.ts'
import { undefinedIfMissing } from '../system-error.ts'
import { placeholderPage } from './placeholder-page.ts'
import { copySeed } from './seed.ts'
import { pendingPath } from './write-file.ts'

const DIRECTORY_MODE = 0o755
const FILE_MODE = 0o644

const fill = async ({ domain, seed }: DesiredSite, directory: string, owner: Owner): Promise<void> => {
  if (seed !== undefined) return copySeed(seed, directory, owner)
  const page = join(directory, 'index.html')
  await writeFile(page, placeholderPage(domain), { flag: 'wx', mode: FILE_MODE })
  await lchown(page, owner.uid, owner.gid)
}

/**
 * Until it is filled nobody but root can enter the directory, so nothing in it can be swapped meanwhile.
 *
 * @throws TerminalError `PathBlocked` when something else stands at the site's path, and those of {@link copySeed}.
 */
export const createSiteDirectory = async (site: DesiredSite, path: string, owner: Owner): Promise<void> => {
  const present = await lstat(path).catch(undefinedIfMissing)
  if (present?.isDirectory()) return
  if (present !== undefined) {
    throw new TerminalError('PathBlocked', `${site.path} is not a directory; remove what stands in its place`)
  }
  const pending = pendingPath(path)
  await rm(pending, { recursive: true, force: true })
  await mkdir(pending, { mode: 0o700 })
  try {
    await fill(site, pending, owner)
    await lchown(pending, owner.uid, owner.gid)
    await chmod(pending, DIRECTORY_MODE)
    await rename(pending, path)
  } catch (error) {
    await rm(pending, { recursive: true, force: true })
    throw error
  }
}
