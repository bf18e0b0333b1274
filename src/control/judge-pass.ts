import { TerminalError, WaitingError } from '../ports/errors.ts'
import type { PassResult } from './account-pass.ts'
import type { Seen } from './account-status.ts'
import type { Phase } from './conditions.ts'
import { zonesBehind } from './secondaries.ts'

/** How a pass ended; what the queue does next follows from it. */
export type ReconcileResult =
  | { readonly next: 'idle' }
  /** Look again after a fixed delay. */
  | { readonly next: 'wait'; readonly afterMs: number }
  /** Look again with backoff. */
  | { readonly next: 'retry'; readonly error: unknown }
  /** Nothing of it is left, and nothing will come back by itself. */
  | { readonly next: 'gone' }

/** A secondary follows in its own time: all is done here, and looked at with backoff until it has. */
const lookAgain = ({ observed }: Seen): ReconcileResult => {
  const [behind] = zonesBehind(observed)
  return behind === undefined
    ? { next: 'idle' }
    : { next: 'retry', error: new Error(`a secondary lags behind in ${behind}`) }
}

/** What a pass came to, for the status and for the queue. */
export const judgePass = ({
  seen,
  failure,
}: PassResult): { readonly phase: Phase; readonly result: ReconcileResult } => {
  if (failure !== undefined) {
    const { error, problem } = failure
    const { reason, message } = problem
    if (error instanceof TerminalError)
      return { phase: { phase: 'stalled', reason, message }, result: { next: 'idle' } }
    const phase: Phase = { phase: 'progressing', reason, message }
    if (error instanceof WaitingError) return { phase, result: { next: 'wait', afterMs: error.afterMs } }
    return { phase, result: { next: 'retry', error } }
  }
  const [wall] = seen.plan.blocked
  if (wall !== undefined) {
    const { reason, message } = wall
    return { phase: { phase: 'stalled', reason, message }, result: { next: 'idle' } }
  }
  const [left] = seen.plan.steps
  if (left === undefined) return { phase: { phase: 'ready' }, result: lookAgain(seen) }
  const notConverging = new Error(`still to do after several looks: ${left.cause}`)
  return {
    phase: { phase: 'progressing', reason: 'NotConverging', message: notConverging.message },
    result: { next: 'retry', error: notConverging },
  }
}
