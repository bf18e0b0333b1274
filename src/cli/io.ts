import type { Clock } from '../ports/store.ts'

/** Where a command writes to. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** All that a command has of its process, so that tests can own it. */
export interface Io {
  /** For results. */
  readonly stdout: Output
  /** For progress and errors. */
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Aborts with `Interrupted` when the user or the system ends the command. */
  readonly signal: AbortSignal
}
