import PQueue from 'p-queue'
import type { Action, AnyStep, Plan, Step } from '../plan/steps.ts'
import type { Executors } from './executors.ts'

export type Outcome =
  | { readonly result: 'done' }
  | { readonly result: 'failed'; readonly error: unknown }
  /** A step that it needed failed. */
  | { readonly result: 'skipped' }

export interface Execution {
  readonly outcomes: ReadonlyMap<AnyStep, Outcome>
  /** Errors of the steps that failed, in the order of the plan. */
  readonly failures: readonly { readonly step: AnyStep; readonly error: unknown }[]
}

export interface ExecuteOptions {
  readonly signal: AbortSignal
  /** Steps of one plan under way at once; those that only wait are not counted. */
  readonly concurrency: number
  readonly onStep?: (step: AnyStep, outcome: Outcome) => Promise<void>
}

const run = <A extends Action>(executors: Executors, step: Step<A>, signal: AbortSignal): Promise<void> =>
  executors[step.action](step, signal)

/** These only look, again and again: a slot of theirs would be missed by the work. */
const WAITS: ReadonlySet<Action> = new Set<Action>(['awaitHealthy', 'awaitReloaded'])

const attempt = async (executors: Executors, step: AnyStep, signal: AbortSignal): Promise<Outcome> => {
  try {
    signal.throwIfAborted()
    await run(executors, step, signal)
    return { result: 'done' }
  } catch (error) {
    return { result: 'failed', error }
  }
}

const isDone = (outcome: Outcome | undefined): boolean => outcome?.result === 'done'

/** Leaves nothing running when one of them throws. */
const allEnded = async (work: Iterable<Promise<unknown>>): Promise<void> => {
  for (const ended of await Promise.allSettled(work)) if (ended.status === 'rejected') throw ended.reason
}

/**
 * Carries a plan out: each step once all that it comes after are done, as many at once as allowed. A step that fails
 * takes with it those that come after it, and no other. Never throws for a step: failures are in the result.
 * @throws what `onStep` throws, when every step has ended.
 */
export const execute = async (plan: Plan, executors: Executors, options: ExecuteOptions): Promise<Execution> => {
  const lane = new PQueue({ concurrency: options.concurrency })
  const running = new Map<number, Promise<Outcome>>()
  const outcomes = new Map<AnyStep, Outcome>()
  for (const step of plan.steps) {
    const outcomesOf = (ids: readonly number[]) => Promise.all(ids.map((id) => running.get(id)))
    const outcome = (async (): Promise<Outcome> => {
      const [after, afterAny] = await Promise.all([
        outcomesOf(step.after),
        outcomesOf(step.afterAny),
        outcomesOf(step.behind),
      ])
      if (!after.every(isDone) || (afterAny.length > 0 && !afterAny.some(isDone))) return { result: 'skipped' }
      const work = () => attempt(executors, step, options.signal)
      return WAITS.has(step.action) ? work() : lane.add(work)
    })()
    running.set(
      step.id,
      outcome.then(async (known) => {
        outcomes.set(step, known)
        await options.onStep?.(step, known)
        return known
      }),
    )
  }
  await allEnded(running.values())
  const failures = plan.steps.flatMap((step) => {
    const outcome = outcomes.get(step)
    return outcome?.result === 'failed' ? [{ step, error: outcome.error }] : []
  })
  return { outcomes, failures }
}
