import { type FSWatcher, watch } from 'node:fs'

export interface DirectoryWatchOptions {
  readonly onHint: (account: string) => void
  /** Most directories watched at once. Accounts beyond it are looked at by the resync alone. */
  readonly limit: number
}

/**
 * Watches a few directories of each account, such as its control group and its hosts' table entries: someone else's
 * write there is a hint to look. Not recursive.
 */
export class DirectoryWatch {
  readonly #options: DirectoryWatchOptions
  readonly #watchers = new Map<string, Map<string, FSWatcher>>()
  #count = 0

  constructor(options: DirectoryWatchOptions) {
    this.#options = options
  }

  /** Replaces what was watched for the account. Directories that don't exist are left out. */
  watch(account: string, directories: readonly string[]): void {
    const before = this.#watchers.get(account) ?? new Map<string, FSWatcher>()
    const wanted = new Set(directories)
    for (const [directory, watcher] of before) if (!wanted.has(directory)) this.#end(before, directory, watcher)
    for (const directory of wanted) if (!before.has(directory)) this.#begin(account, before, directory)
    this.#watchers.set(account, before)
  }

  unwatch(account: string): void {
    this.watch(account, [])
    this.#watchers.delete(account)
  }

  close(): void {
    for (const account of [...this.#watchers.keys()]) this.unwatch(account)
  }

  #begin(account: string, watchers: Map<string, FSWatcher>, directory: string): void {
    if (this.#count >= this.#options.limit) return
    try {
      const watcher = watch(directory, (type) => {
        // The directory itself may be gone: the next pass watches what stands then.
        if (type === 'rename') this.#end(watchers, directory, watcher)
        this.#options.onHint(account)
      })
      watcher.on('error', () => this.#end(watchers, directory, watcher))
      watchers.set(directory, watcher)
      this.#count += 1
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOSPC')))
        throw error
    }
  }

  #end(watchers: Map<string, FSWatcher>, directory: string, watcher: FSWatcher): void {
    watcher.close()
    if (watchers.get(directory) !== watcher) return
    watchers.delete(directory)
    this.#count -= 1
  }
}
