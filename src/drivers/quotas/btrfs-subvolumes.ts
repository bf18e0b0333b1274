import type { Clock } from '../../ports/store.ts'
import type { QuotaGroups } from './btrfs-groups.ts'
import { parseReport, type SubvolumeRow } from './btrfs-report.ts'

export interface SubvolumeIndexOptions {
  readonly mountPoint: string
  readonly groups: QuotaGroups
  /** Runs btrfs(8). */
  readonly run: (...args: readonly string[]) => Promise<string>
  readonly clock: Pick<Clock, 'now'>
}

/** A report is made anew when there is another subvolume, and at this age: members may be taken away by hand. */
const REPORT_HOLDS_MS = 600_000
/** How long it is believed that there is no other subvolume. */
const LIST_HOLDS_MS = 1_000
const REPORT_ATTEMPTS = 3

const isAtOrBelow = (path: string, tree: string): boolean => path === tree || path.startsWith(`${tree}/`)

/**
 * Which subvolumes there are, where, and counted by which groups: one report for all tenants. Passes over a host on which no
 * subvolume came or went start no program.
 */
export class SubvolumeIndex {
  readonly #options: SubvolumeIndexOptions
  /** Groups that we put a subvolume into. Ids of subvolumes are never used again. */
  readonly #assigned = new Map<number, number>()
  #listed: { readonly ids: readonly number[]; readonly at: number } | undefined
  #report: { readonly of: string; readonly rows: Promise<readonly SubvolumeRow[]>; readonly at: number } | undefined

  constructor(options: SubvolumeIndexOptions) {
    this.#options = options
  }

  /** Ids of the subvolumes at and below the tree that the group does not count. */
  async outside(tree: string, group: number): Promise<readonly number[]> {
    const rows = await this.#rows()
    return rows
      .filter(({ path }) => isAtOrBelow(path, tree))
      .filter(({ id, groups }) => !groups.includes(group) && this.#assigned.get(id) !== group)
      .map(({ id }) => id)
  }

  /** Names of the trees in a directory in which there is a subvolume that no group counts. */
  async uncountedBelow(directory: string): Promise<readonly string[]> {
    const rows = await this.#rows()
    const names = rows
      .filter(({ path }) => path.startsWith(`${directory}/`))
      .filter(({ id, groups }) => groups.length === 0 && !this.#assigned.has(id))
      .map(({ path }) => path.slice(directory.length + 1).split('/', 1)[0] ?? '')
    return [...new Set(names)]
  }

  /** Ids of all subvolumes that the group counts, wherever they are. */
  async membersOf(group: number): Promise<readonly number[]> {
    this.#report = undefined
    this.#listed = undefined
    const rows = await this.#rows()
    return rows
      .filter(({ id, groups }) => groups.includes(group) || this.#assigned.get(id) === group)
      .map(({ id }) => id)
  }

  /** The group counts the subvolume now. */
  assigned(id: number, group: number): void {
    this.#assigned.set(id, group)
  }

  removed(id: number): void {
    this.#assigned.delete(id)
  }

  #rows(): Promise<readonly SubvolumeRow[]> {
    const now = this.#options.clock.now()
    if (this.#listed === undefined || now - this.#listed.at >= LIST_HOLDS_MS)
      this.#listed = { ids: this.#options.groups.subvolumes(), at: now }
    const { ids } = this.#listed
    const of = ids.join()
    if (this.#report?.of === of && now - this.#report.at < REPORT_HOLDS_MS) return this.#report.rows
    const report = { of, rows: this.#read(), at: now }
    this.#report = report
    report.rows.catch(() => {
      if (this.#report === report) this.#report = undefined
    })
    return report.rows
  }

  async #read(): Promise<readonly SubvolumeRow[]> {
    const { mountPoint, groups, run } = this.#options
    // Another subvolume may come while the report is made.
    for (let attempt = 0; attempt < REPORT_ATTEMPTS; attempt += 1) {
      const counted = groups.subvolumes()
      const rows = parseReport(await run('qgroup', 'show', '-p', '--raw', mountPoint), counted)
      if (rows !== undefined) return rows
    }
    return this.#ask(groups.subvolumes())
  }

  /** Each by itself, where a report can't be trusted. Only the beginning of a path is of interest, and that is true. */
  async #ask(ids: readonly number[]): Promise<readonly SubvolumeRow[]> {
    const { mountPoint, run } = this.#options
    const rows: SubvolumeRow[] = []
    for (const id of ids) {
      // One that is gone meanwhile has no path.
      const path = await run('inspect-internal', 'subvolid-resolve', `${id}`, mountPoint).catch(() => '')
      rows.push({ id, groups: [], path: path.trimEnd() })
    }
    return rows
  }
}
