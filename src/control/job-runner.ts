import PQueue from 'p-queue'
import type { DesiredJob } from '../plan/resources.ts'
import type { Engines, JobRun } from '../ports/engine.ts'
import { WaitingError } from '../ports/errors.ts'
import type { Clock } from '../ports/store.ts'

export interface JobRunnerOptions {
  readonly engines: Pick<Engines, 'startJob' | 'awaitJob' | 'removeContainer'>
  readonly clock: Clock
}

/** Runs of one account at once; others wait for their turn. */
const RUNS_PER_ACCOUNT = 2
/** A start costs the host more than a run, whose cost is the tenant's own. */
const STARTS_AT_ONCE = 4
/** An engine that does not answer comes back with the account's next pass. */
const ENGINE_RETRY_MS = 5_000

/** As `docker run` has it: the run could not begin. */
const NOT_STARTED = 125

/** Of a run that nothing wants any more. */
class Dropped extends Error {}

const notStarted = (clock: Clock, error: unknown): JobRun => {
  const now = new Date(clock.now()).toISOString()
  const output = error instanceof Error ? error.message : String(error)
  return { result: 'Failed', exitCode: NOT_STARTED, startedAt: now, endedAt: now, output }
}

const keyOf = (account: string, { container }: DesiredJob): string => `${account}/${container.name}`

/** Carries runs of jobs out, each job once at a time. */
export class JobRunner {
  readonly #options: JobRunnerOptions
  /** Runs that wait for their turn or go on. */
  readonly #runs = new Map<string, AbortController>()
  /** Of accounts that have a run. */
  readonly #lanes = new Map<string, PQueue>()
  readonly #starts = new PQueue({ concurrency: STARTS_AT_ONCE })

  constructor(options: JobRunnerOptions) {
    this.#options = options
  }

  /** True from the time a run is asked for to its end. */
  isRunning(account: string, job: DesiredJob): boolean {
    return this.#runs.has(keyOf(account, job))
  }

  /**
   * To the end of the run; one that can't begin has `Failed`, with the reason for output.
   * @throws WaitingError `JobRunning`, and the reason of an abort.
   */
  run(account: string, job: DesiredJob): Promise<JobRun> {
    return this.#inLane(account, job, async (signal) => {
      const failure = await this.#start(account, job, signal)
      return failure ?? (await this.#end(account, job, signal)) ?? this.#lost(job)
    })
  }

  /** Goes on with a run that was begun before this process; undefined when it is gone. */
  resume(account: string, job: DesiredJob): Promise<JobRun | undefined> {
    return this.#inLane(account, job, (signal) => this.#end(account, job, signal))
  }

  /** Ends the run under way, if there is one, and removes it. */
  drop(account: string, job: DesiredJob): void {
    this.#runs.get(keyOf(account, job))?.abort(new Dropped(`${job.container.name} is wanted no more`))
  }

  /** Waits for nothing any more. What runs goes on. */
  close(): void {
    for (const run of this.#runs.values()) run.abort(new Error('the daemon ends'))
  }

  async #inLane<T>(account: string, job: DesiredJob, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const key = keyOf(account, job)
    if (this.#runs.has(key))
      throw new WaitingError('JobRunning', `the job ${job.name} of ${job.site} is running already`, ENGINE_RETRY_MS)
    const run = new AbortController()
    this.#runs.set(key, run)
    const lane = this.#lane(account)
    try {
      return await lane.add(() => work(run.signal), { signal: run.signal })
    } catch (error) {
      if (run.signal.reason instanceof Dropped) await this.#options.engines.removeContainer(account, job.container.name)
      throw error
    } finally {
      this.#runs.delete(key)
      if (lane.size + lane.pending === 0) this.#lanes.delete(account)
    }
  }

  #lane(account: string): PQueue {
    const known = this.#lanes.get(account)
    if (known !== undefined) return known
    const made = new PQueue({ concurrency: RUNS_PER_ACCOUNT })
    this.#lanes.set(account, made)
    return made
  }

  async #start(account: string, { container }: DesiredJob, signal: AbortSignal): Promise<JobRun | undefined> {
    try {
      await this.#starts.add(() => this.#options.engines.startJob(account, container), { signal })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof WaitingError && error.reason === 'JobRunning') throw error
      return notStarted(this.#options.clock, error)
    }
    signal.throwIfAborted()
    return undefined
  }

  async #end(account: string, job: DesiredJob, signal: AbortSignal): Promise<JobRun | undefined> {
    const { engines, clock } = this.#options
    for (;;) {
      try {
        return await engines.awaitJob(account, job.container.name, job.timeoutMs, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof WaitingError)) throw error
        await clock.sleep(ENGINE_RETRY_MS, signal)
      }
    }
  }

  #lost({ container }: DesiredJob): JobRun {
    return notStarted(this.#options.clock, new Error(`the container ${container.name} was removed while it ran`))
  }
}
