import type { Logger } from 'pino'
import type { DesiredJob, DesiredTenant } from '../plan/resources.ts'
import type { JobRun } from '../ports/engine.ts'
import { TerminalError, WaitingError } from '../ports/errors.ts'
import type { Clock } from '../ports/store.ts'
import type { JobJournal } from './job-journal.ts'
import { JobRunner, type JobRunnerOptions } from './job-runner.ts'
import { nextRun } from './job-schedule.ts'
import { createTimetable, type Timetable } from './job-timetable.ts'

export interface JobSchedulerOptions extends JobRunnerOptions {
  readonly clock: Clock
  readonly journal: JobJournal
  readonly logger: Logger
}

/** A run that is found due later than this was missed, like one while the daemon was away: it is not made up for. */
const LATE_MS = 60_000

interface Entry {
  readonly account: string
  readonly job: DesiredJob
}

const keyOf = (account: string, { container }: DesiredJob): string => `${account}/${container.name}`

const sameTimes = (a: DesiredJob, b: DesiredJob): boolean => a.schedule === b.schedule && a.timeZone === b.timeZone

/** Runs the jobs of all accounts when they are due. What there is to run is told by each pass anew. */
export class JobScheduler {
  readonly #options: JobSchedulerOptions
  readonly #runner: JobRunner
  readonly #timetable: Timetable
  readonly #entries = new Map<string, Entry>()
  /** Keys of each account that has jobs. */
  readonly #keys = new Map<string, ReadonlySet<string>>()

  constructor(options: JobSchedulerOptions) {
    this.#options = options
    this.#runner = new JobRunner(options)
    this.#timetable = createTimetable(options.clock, (key, at) => this.#due(key, at))
  }

  /** `standing` are containers of jobs in the account's engine: what ran before this process, or is wanted no more. */
  update({ account, jobs }: Pick<DesiredTenant, 'account' | 'jobs'>, standing: ReadonlySet<string>): void {
    const wanted = new Map(jobs.map((job) => [keyOf(account, job), job]))
    for (const key of this.#keys.get(account) ?? []) if (!wanted.has(key)) this.#remove(key)
    for (const [key, job] of wanted) this.#put(key, { account, job })
    if (wanted.size > 0) this.#keys.set(account, new Set(wanted.keys()))
    else this.#keys.delete(account)
    for (const name of standing) this.#find({ account, name })
  }

  /** The account is gone, and its engine with it. */
  forget(account: string): void {
    for (const key of this.#keys.get(account) ?? []) this.#remove(key)
    this.#keys.delete(account)
  }

  /**
   * Runs a job now, to its end.
   * @throws TerminalError `JobNotFound`, WaitingError `JobRunning`.
   */
  async runNow(account: string, site: string, name: string): Promise<JobRun> {
    const entries = [...(this.#keys.get(account) ?? [])].map((key) => this.#entries.get(key))
    const entry = entries.find((known) => known?.job.site === site && known.job.name === name)
    if (entry !== undefined) return this.#run(entry)
    const there = entries.map((known) => `${known?.job.site} ${known?.job.name}`).join(', ')
    const known = there === '' ? 'it has none' : `there are: ${there}`
    throw new TerminalError('JobNotFound', `${account} has no job ${name} of ${site}; ${known}`)
  }

  /** Runs under way go on, and are found again by the next daemon. */
  close(): void {
    this.#timetable.clear()
    this.#runner.close()
  }

  #put(key: string, entry: Entry): void {
    const former = this.#entries.get(key)
    this.#entries.set(key, entry)
    if (former === undefined || !sameTimes(former.job, entry.job)) this.#schedule(key, entry)
  }

  #schedule(key: string, { job }: Entry): void {
    const at = nextRun(job, this.#options.clock.now())
    if (at === undefined) this.#timetable.delete(key)
    else this.#timetable.set(key, at)
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#timetable.delete(key)
    this.#runner.drop(entry.account, entry.job)
  }

  #due(key: string, at: number): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#schedule(key, entry)
    const { account, job } = entry
    const { clock, journal, logger } = this.#options
    if (clock.now() - at > LATE_MS) logger.info({ account, job: job.container.name }, 'job missed')
    else if (this.#runner.isRunning(account, job)) this.#quietly(entry, journal.skipped(account, job))
    else this.#quietly(entry, this.#run(entry))
  }

  async #run({ account, job }: Entry): Promise<JobRun> {
    const run = await this.#runner.run(account, job)
    await this.#options.journal.ended(account, job, run)
    return run
  }

  #find({ account, name }: { readonly account: string; readonly name: string }): void {
    const entry = this.#entries.get(`${account}/${name}`)
    if (entry === undefined) this.#clear(account, name)
    else if (!this.#runner.isRunning(account, entry.job)) this.#quietly(entry, this.#resume(entry))
  }

  async #resume({ account, job }: Entry): Promise<void> {
    const run = await this.#runner.resume(account, job)
    if (run !== undefined) await this.#options.journal.ended(account, job, run)
  }

  #clear(account: string, name: string): void {
    const { engines, logger } = this.#options
    engines.removeContainer(account, name).then(
      () => logger.info({ account, job: name }, 'job removed'),
      (error: unknown) => logger.info({ account, job: name, err: error }, 'job not removed yet'),
    )
  }

  /** Nobody waits for it: what fails is logged, unless it was cut off on purpose. */
  #quietly({ account, job }: Entry, work: Promise<unknown>): void {
    const { logger } = this.#options
    work.then(
      () => logger.debug({ account, job: job.container.name }, 'job done'),
      (error: unknown) => {
        const fields = { account, job: job.container.name, err: error }
        if (error instanceof WaitingError) logger.info(fields, 'job has to wait')
        else logger.warn(fields, 'job cut off')
      },
    )
  }
}
