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

/** A burst, such as a checkout, is one change; but it holds up what has come to rest no longer than this. */
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

interface TouchedFile {
  /** Time of the last event. */
  touched: number
  /** True: it needs longer than a whole file, so it does not hold up the others. */
  held: boolean
  /** Ends its sleep when something happens to it. */
  wake: AbortController
}

/** Tells when files that are being written have come to rest. */
export class SpecSettling {
  readonly #options: SettlingOptions
  readonly #files = new Map<string, TouchedFile>()
  /** Set from the first file that came to rest until that is told. */
  #burst: symbol | undefined

  constructor(options: SettlingOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => {
      for (const { wake } of this.#files.values()) wake.abort()
    })
  }

  /** Files that somebody may be writing at this moment. */
  unsettled(): ReadonlySet<string> {
    return new Set(this.#files.keys())
  }

  /** Something happened to the file. */
  touch(path: string): void {
    const touched = this.#options.clock.now()
    const file = this.#files.get(path)
    if (file === undefined) {
      const added = { touched, held: false, wake: new AbortController() }
      this.#files.set(path, added)
      this.#background(this.#settle(path, added))
      return
    }
    file.touched = touched
    if (!file.held) return
    file.held = false
    file.wake.abort()
  }

  async #settle(path: string, file: TouchedFile): Promise<void> {
    const { clock, probe } = this.#options
    for (let quiet: number = QUIET_MS.whole; ; ) {
      const { touched } = file
      await this.#sleep(touched + quiet - clock.now(), file)
      const found = await probe(path)
      quiet = file.touched === touched ? quietMs(found) : QUIET_MS.whole
      if (file.touched !== touched) continue
      if (clock.now() >= touched + quiet) break
      file.held = true
      this.#tellWhenCalm()
    }
    this.#files.delete(path)
    this.#beginBurst()
    this.#tellWhenCalm()
  }

  async #sleep(ms: number, file: TouchedFile): Promise<void> {
    if (ms <= 0) return
    const { clock, signal } = this.#options
    try {
      await clock.sleep(ms, file.wake.signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!file.wake.signal.aborted) throw error
      file.wake = new AbortController()
    }
  }

  #beginBurst(): void {
    if (this.#burst !== undefined) return
    const burst = Symbol('burst')
    this.#burst = burst
    const { clock, signal } = this.#options
    const end = async (): Promise<void> => {
      await clock.sleep(BURST_MS, signal)
      if (this.#burst === burst) this.#tell()
    }
    this.#background(end())
  }

  #tellWhenCalm(): void {
    if (this.#burst !== undefined && [...this.#files.values()].every(({ held }) => held)) this.#tell()
  }

  #tell(): void {
    this.#burst = undefined
    this.#options.onSettled()
  }

  /** Work that ends by itself or by the signal. */
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
