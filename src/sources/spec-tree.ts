import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isIgnoredName, isSpecName } from './spec-names.ts'

/** A file that should be read, or a place that could not be. */
export type TreeEntry =
  | { readonly type: 'file'; readonly path: string; readonly realPath: string }
  | { readonly type: 'problem'; readonly path: string; readonly reason: string; readonly message: string }

interface Directory {
  readonly path: string
  readonly realPath: string
}

/** True for a path below the directory, or the directory itself. Both are real paths. */
export const isWithin = (directory: string, path: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)

export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

const problem = (path: string, reason: string, message: string): TreeEntry => ({
  type: 'problem',
  path,
  reason,
  message,
})

/** Walks a directory once. Each file and directory counts once, by its real path, so that links make no circles. */
class TreeWalk {
  readonly entries: TreeEntry[] = []
  readonly #root: string
  readonly #seen = new Set<string>()

  constructor(root: string) {
    this.#root = root
  }

  async walk({ path, realPath }: Directory): Promise<void> {
    if (this.#seen.has(realPath)) return
    this.#seen.add(realPath)
    const names = (await readdir(realPath, { withFileTypes: true }))
      .filter(({ name }) => !isIgnoredName(name))
      .sort((left, right) => (left.name < right.name ? -1 : 1))
    // What stands here itself goes before links to it, so that it is called by its own name.
    const links = names.filter((entry) => entry.isSymbolicLink())
    for (const entry of names) if (!entry.isSymbolicLink()) await this.#enter(path, realPath, entry)
    for (const { name } of links) await this.#follow(join(path, name), join(realPath, name), name)
  }

  async #enter(path: string, realPath: string, entry: Dirent): Promise<void> {
    const child = { path: join(path, entry.name), realPath: join(realPath, entry.name) }
    if (entry.isDirectory()) await this.#walkChild(child)
    else if (isSpecName(entry.name)) this.#add(child)
  }

  async #walkChild(directory: Directory): Promise<void> {
    try {
      await this.walk(directory)
    } catch (error) {
      this.entries.push(problem(directory.path, 'Unreadable', `the directory can't be read: ${errorCode(error)}`))
    }
  }

  async #follow(path: string, link: string, name: string): Promise<void> {
    try {
      const target = await realpath(link)
      const isDirectory = (await stat(target)).isDirectory()
      if (!isDirectory && !isSpecName(name)) return
      if (!isWithin(this.#root, target)) {
        const message = 'is a symbolic link that leads out of the directory of the specs'
        this.entries.push(problem(path, 'LeavesDirectory', message))
      } else if (isDirectory) await this.#walkChild({ path, realPath: target })
      else this.#add({ path, realPath: target })
    } catch (error) {
      if (!isSpecName(name)) return
      this.entries.push(problem(path, 'Unreadable', `is a symbolic link that leads nowhere: ${errorCode(error)}`))
    }
  }

  #add(file: Directory): void {
    if (this.#seen.has(file.realPath)) return
    this.#seen.add(file.realPath)
    this.entries.push({ type: 'file', ...file })
  }
}

/**
 * Every spec file at any depth below a directory, in a fixed order.
 * @throws the system's error when the directory itself can't be read.
 */
export const listSpecTree = async (directory: string, root: string): Promise<readonly TreeEntry[]> => {
  const walk = new TreeWalk(root)
  await walk.walk({ path: directory, realPath: root })
  return walk.entries
}
