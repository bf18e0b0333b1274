import { chmod, chown, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { undefinedIfMissing } from '../system-error.ts'
import { replaceFile } from './write-file.ts'

/** What of a tree belongs to the customer. */
const KEPT: ReadonlySet<string> = new Set(['sites', 'data'])

const NOTE = 'archive.json'

const ROOT = { uid: 0, gid: 0 }

export interface EndingTree {
  readonly account: string
  readonly tree: string
  /** Directory of all archives, on the file system of the tree. */
  readonly archives: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

const stands = async (path: string): Promise<boolean> => (await lstat(path).catch(undefinedIfMissing)) !== undefined

/** Where an archive is made. It has no time in its name, so that the next attempt finds it after a crash. */
const pendingArchive = ({ account, archives }: EndingTree): string => join(archives, `.${account}.ending`)

/** Such as `20260123T101500Z`. */
const timestamp = (now: number): string => new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')

const freeName = async ({ account, archives, now }: EndingTree): Promise<string> => {
  const first = join(archives, `${account}-${timestamp(now)}`)
  let name = first
  for (let count = 2; await stands(name); count += 1) name = `${first}-${count}`
  return name
}

/** Takes from the pending archive what is not kept, and gives it its name; one of nothing is removed. */
const completeArchive = async (ending: EndingTree): Promise<void> => {
  const pending = pendingArchive(ending)
  if (!(await stands(pending))) return
  const names = await readdir(pending)
  const kept = names.filter((name) => KEPT.has(name))
  if (kept.length === 0) return rm(pending, { recursive: true, force: true })
  // What goes comes first: it makes room for the note.
  for (const name of names) if (!KEPT.has(name)) await rm(join(pending, name), { recursive: true, force: true })
  const note = { account: ending.account, archivedAt: new Date(ending.now).toISOString() }
  await replaceFile(join(pending, NOTE), `${JSON.stringify(note, null, 2)}\n`, 0o600, ROOT)
  await rename(pending, await freeName(ending))
}

/**
 * Moves the tree as a whole, which also works where it is a btrfs subvolume and a move of what is in it would be a copy, to
 * `<archives>/<account>-<time>/`, and keeps there what the customer owns; or keeps nothing. A crash anywhere leaves the
 * tree or a pending archive, and every attempt goes on where the former ended.
 */
export const archiveTree = async (ending: EndingTree, retain: boolean): Promise<void> => {
  // Left by an attempt that crashed, maybe before the account came back: an archive of its own.
  await completeArchive(ending)
  if (!(await stands(ending.tree))) return
  await chown(ending.tree, ROOT.uid, ROOT.gid)
  await chmod(ending.tree, 0o700)
  if (!retain) return rm(ending.tree, { recursive: true, force: true })
  await mkdir(ending.archives, { recursive: true, mode: 0o700 })
  await rename(ending.tree, pendingArchive(ending))
  await completeArchive(ending)
}
