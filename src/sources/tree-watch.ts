import { type Dirent, type FSWatcher, watch } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isIgnoredName, isSpecName } from './spec-names.ts'
import { errorCode } from './spec-tree.ts'

export interface TreeWatchOptions {
  /** Something happened at the path, a spec file's or a directory's; it may be gone. */
  readonly onTouch: (path: string) => void
  /** A directory can't be watched, such as when there are too many of them. */
  readonly onError: (error: unknown) => void
}

const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error))

/**
 * Watches the directories of a tree, and no file by itself: what happens to a file is told by its directory (inotify(7)),
 * so that an edit costs the same among any number of files. Links are not followed.
 */
export class TreeWatch {
  readonly #options: TreeWatchOptions
  /** By the directory's path. */
  readonly #watchers = new Map<string, FSWatcher>()
  #closed = false

  constructor(options: TreeWatchOptions) {
    this.#options = options
  }

  /** Resolves when the directory and all below it are watched; what stands there by then is not told. */
  async begin(directory: string): Promise<void> {
    await this.#enter(directory)
  }

  close(): void {
    this.#closed = true
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** Watches a directory and those below it. @returns the spec files that stand there. */
  async #enter(directory: string): Promise<readonly string[]> {
    const files: string[] = []
    for (const entry of await this.#list(directory)) {
      const path = join(directory, entry.name)
      if (isIgnoredName(entry.name)) continue
      if (entry.isDirectory()) files.push(...(await this.#enter(path)))
      else if (isSpecName(entry.name)) files.push(path)
    }
    return files
  }

  async #list(directory: string): Promise<readonly Dirent[]> {
    try {
      // Before it is listed: what comes in between is told twice rather than never.
      this.#watch(directory)
      return await readdir(directory, { withFileTypes: true })
    } catch (error) {
      if (!isGone(error)) this.#options.onError(error)
      return []
    }
  }

  /** @throws the system's error when it can't be watched. */
  #watch(directory: string): void {
    if (this.#closed) return
    this.#watchers.get(directory)?.close()
    const watcher = watch(directory, (type, name) => this.#happened(directory, type, name))
    this.#watchers.set(directory, watcher.on('error', this.#options.onError))
  }

  #happened(directory: string, type: 'rename' | 'change', name: string | null): void {
    if (name === null || isIgnoredName(name)) return
    const path = join(directory, name)
    if (isSpecName(name) || (type === 'change' && this.#watchers.has(path))) this.#options.onTouch(path)
    if (type === 'rename') this.#look(path).catch(this.#options.onError)
  }

  /** Something came to the path, or left it: what was watched there is another one now, or gone. */
  async #look(path: string): Promise<void> {
    const found = await lstat(path).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
    for (const [directory, watcher] of this.#watchers) {
      if (directory !== path && !directory.startsWith(`${path}/`)) continue
      watcher.close()
      this.#watchers.delete(directory)
    }
    if (found?.isDirectory()) for (const file of await this.#enter(path)) this.#options.onTouch(file)
    // A name says nothing of a directory or of a link to one.
    if (!found?.isFile()) this.#options.onTouch(path)
  }
}
