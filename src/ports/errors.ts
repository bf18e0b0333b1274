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
  override readonly name: string = 'TransientError'
  /** CamelCase, the reason of the condition. */
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** How a service fails, in the words of administrators. */
export type ServiceFault = 'CrashLoopBackOff' | 'OutOfMemory' | 'Unhealthy'

/**
 * A service does not get well. Its engine goes on trying by itself, so another try only looks; nothing is made anew.
 */
export class ServiceError extends TransientError {
  override readonly name = 'ServiceError'
  override readonly reason: ServiceFault
  readonly service: string
  /** Why, without the name of the service. */
  readonly detail: string
  /** How often the engine had started it again. */
  readonly restarts: number

  constructor(reason: ServiceFault, service: string, { detail, restarts }: { detail: string; restarts: number }) {
    super(reason, `${service}: ${reason}: ${detail}`)
    this.reason = reason
    this.service = service
    this.detail = detail
    this.restarts = restarts
  }

  /** The same, in other words. */
  told(detail: string, restarts: number): ServiceError {
    return new ServiceError(this.reason, this.service, { detail, restarts })
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
