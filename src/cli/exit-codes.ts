/** What a command ends with; documented in `--help` and in docs/decisions/0004-command-line-library.md. */
export const EXIT = {
  ok: 0,
  /** It failed, a condition is not met, or something is not valid. */
  failed: 1,
  usage: 2,
  notFound: 3,
  daemonNotRunning: 4,
  /** An audit has findings. */
  findings: 5,
  /** As `timeout(1)` does. */
  timedOut: 124,
} as const

/** A failure that the user can act on: its message is printed without a stack, and `exitCode` is what the command ends with. */
export class CliError extends Error {
  override readonly name: string = 'CliError'
  readonly exitCode: number

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** A signal ended the command; nothing is said about it. */
export class Interrupted extends CliError {
  override readonly name = 'Interrupted'

  /** `signalNumber` as in signal(7); the exit code is 128 more, as a shell gives it. */
  constructor(signalNumber: number) {
    super(128 + signalNumber, 'interrupted')
  }
}
