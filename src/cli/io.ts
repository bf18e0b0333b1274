import type { Readable } from 'node:stream'
import type { Clock } from '../ports/store.ts'

/** Where a command writes to. */
export interface Output {
  /** False: full, until it is told by `drain`. */
  write(text: string | Uint8Array): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  once?(event: 'drain', listener: () => void): unknown
  /** Of a terminal whose size has changed. */
  on?(event: 'resize', listener: () => void): unknown
}

/** Where a command reads from. */
export interface Input extends Readable {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
}

/** All that a command has of its process, so that tests can own it. */
export interface Io {
  readonly stdin: Input
  /** For results. */
  readonly stdout: Output
  /** For progress and errors. */
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Aborts with `Interrupted` when the user or the system ends the command. */
  readonly signal: AbortSignal
}
