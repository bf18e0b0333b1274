import { chmod, lstat, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { undefinedIfMissing } from '../system-error.ts'
import { replaceFile } from './write-file.ts'

/** What of a tree belongs to the customer. */
const KEPT = ['sites', 'data'] as const

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

/** Where an archive grows. It has no time in its name, so that the next attempt finds it after a crash. */
const pendingArchive = ({ account, archives }: EndingTree): string => join(archives, `.${account}.ending`)

/** Such as `20260123T101500Z`. */
const timestamp = (now: number): string => new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')

const freeName = async ({ account, archives, now }: EndingTree): Promise<string> => {
  const first = join(archives, `${account}-${timestamp(now)}`)
  let name = first
  for (let count = 2; await stands(name); count += 1) name = `${first}-${count}`
  return name
}

const completeArchive = async (ending: EndingTree): Promise<void> => {
  const pending = pendingArchive(ending)
  if (!(await stands(pending))) return
  const note = { account: ending.account, archivedAt: new Date(ending.now).toISOString() }
  await replaceFile(join(pending, 'archive.json'), `${JSON.stringify(note, null, 2)}\n`, 0o600, ROOT)
  await rename(pending, await freeName(ending))
}

const keep = async (ending: EndingTree): Promise<void> => {
  const pending = pendingArchive(ending)
  for (const name of KEPT) {
    const from = join(ending.tree, name)
    if (!(await stands(from))) continue
    // Left by an attempt that crashed before the account came back: an archive of its own.
    if (await stands(join(pending, name))) await completeArchive(ending)
    await mkdir(pending, { recursive: true, mode: 0o700 })
    await rename(from, join(pending, name))
  }
}

/**
 * Moves what the customer owns into `<archives>/<account>-<time>/`, or keeps nothing, and removes the tree. The tree goes last, so a
 * crash anywhere leaves something that asks for another attempt, and every attempt goes on where the former ended.
 */
export const archiveTree = async (ending: EndingTree, retain: boolean): Promise<void> => {
  if (!(await stands(ending.tree))) return
  await chmod(ending.tree, 0o700)
  if (retain) await keep(ending)
  await completeArchive(ending)
  await rm(ending.tree, { recursive: true, force: true })
}
