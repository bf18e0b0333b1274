import { open, stat } from 'node:fs/promises'
import type { Clock } from '../ports/store.ts'

/** What can be told of a file that was touched. */
export type Probe =
  | { readonly state: 'gone' }
  /** `whole`: its text ends as a text should, with a line's end. */
  | { readonly state: 'stands'; readonly whole: boolean }

/** How long nothing must have happened to a file until it counts, in milliseconds. */
const QUIET_MS = {
  whole: 30,
  /** Without a newline at its end somebody may still be writing. */
  half: 1000,
  /** Editors remove a file and rename another into its place. */
  gone: 250,
} as const

/** A burst, such as a checkout, is one change; but no burst holds up what is settled for longer than this. */
const BURST_MS = 500

export interface SettlingOptions {
  readonly clock: Clock
  readonly probe: (path: string) => Promise<Probe>
  readonly onSettled: () => void
  readonly signal: AbortSignal
}

const quietMs = (probe: Probe): number => {
  if (probe.state === 'gone') return QUIET_MS.gone
  return probe.whole ? QUIET_MS.whole : QUIET_MS.half
}

/** Tells when files that are being written have come to rest. */
export class SpecSettling {
  readonly #options: SettlingOptions
  /** Time of the last event of each file that has not come to rest. */
  readonly #touched = new Map<string, number>()
  readonly #waiting = new Set<string>()
  #lastEvent = 0
  #settledSince: number | undefined

  constructor(options: SettlingOptions) {
    this.#options = options
  }

  /** Files that somebody may be writing at this moment. */
  unsettled(): ReadonlySet<string> {
    return new Set(this.#touched.keys())
  }

  /** Something happened to the file. */
  touch(path: string): void {
    this.#lastEvent = this.#options.clock.now()
    this.#touched.set(path, this.#lastEvent)
    if (this.#waiting.has(path)) return
    this.#waiting.add(path)
    this.#background(this.#watchOver(path))
  }

  async #watchOver(path: string): Promise<void> {
    const { clock, probe, signal } = this.#options
    let needed: number = QUIET_MS.whole
    for (;;) {
      const touched = this.#touched.get(path) ?? 0
      const left = touched + needed - clock.now()
      if (left > 0) {
        await clock.sleep(left, signal)
        continue
      }
      needed = quietMs(await probe(path))
      if (this.#touched.get(path) === touched && touched + needed <= clock.now()) break
      if (this.#touched.get(path) !== touched) needed = QUIET_MS.whole
    }
    this.#touched.delete(path)
    this.#waiting.delete(path)
    await this.#report()
  }

  /** Waits for the end of a burst, once for all its files. */
  async #report(): Promise<void> {
    const { clock, onSettled, signal } = this.#options
    if (this.#settledSince !== undefined) return
    this.#settledSince = clock.now()
    const latest = this.#settledSince + BURST_MS
    for (;;) {
      const left = Math.min(this.#lastEvent + QUIET_MS.whole, latest) - clock.now()
      if (left <= 0) break
      await clock.sleep(left, signal)
    }
    this.#settledSince = undefined
    onSettled()
  }

  #background(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#options.signal.aborted) throw error
    })
  }
}

/** Reads the last byte of a file only. What can't be opened is taken as whole: loading it tells what is wrong. */
export const probeFile = async (path: string): Promise<Probe> => {
  try {
    const stats = await stat(path)
    if (!stats.isFile()) return { state: 'stands', whole: true }
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, stats.size - 1))
      return { state: 'stands', whole: bytesRead === 1 && buffer[0] === 0x0a }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    return isGone ? { state: 'gone' } : { state: 'stands', whole: true }
  }
}
