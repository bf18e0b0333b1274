/** Trying again can't help until the spec or the host changes: the object is Stalled. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError'
  /** CamelCase, the reason of the condition. */
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** May pass by itself, such as a registry that does not answer: tried again with backoff. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
  /** CamelCase, the reason of the condition. */
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Something expected is not there yet: look again after a fixed delay, without counting a failure. */
export class WaitingError extends Error {
  override readonly name = 'WaitingError'
  readonly reason: string
  readonly afterMs: number

  constructor(reason: string, message: string, afterMs: number, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.afterMs = afterMs
  }
}
