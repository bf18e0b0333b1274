import type { DesiredJob } from '../plan/resources.ts'
import type { JobRun } from '../ports/engine.ts'
import type { Store } from '../ports/store.ts'
import { type JobStatus, readableOutput } from './job-status.ts'
import type { StatusWriter } from './status-writer.ts'

/** Where it is written what became of jobs. */
export interface JobJournal {
  ended(account: string, job: DesiredJob, run: JobRun): Promise<void>
  /** It was due while its former run went on. */
  skipped(account: string, job: DesiredJob): Promise<void>
}

const HOW: Readonly<Record<JobRun['result'], string>> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  TimedOut: 'was ended, for it ran into its timeout',
  OutOfMemory: 'ran out of memory',
}

const failureMessage = ({ site, name }: DesiredJob, { result, exitCode, output }: JobRun): string => {
  const lastLine = readableOutput(output).split('\n').at(-1) ?? ''
  return `the job ${name} of ${site} ${HOW[result]} (exit code ${exitCode})${lastLine === '' ? '' : `: ${lastLine}`}`
}

/**
 * Keeps the last run of each job in the account's status. An event tells of a job that begins to fail, fails in another
 * way, or recovers: one that goes on as before would bury everything else.
 */
export const jobJournal = (status: StatusWriter, store: Store): JobJournal => {
  const tell = async (account: string, job: DesiredJob, run: JobRun, former: JobStatus): Promise<void> => {
    const before = former.lastRun?.result ?? 'Succeeded'
    if (run.result === before) return
    const object = `Account/${account}`
    if (run.result !== 'Succeeded') {
      await store.appendEvent({
        type: 'Warning',
        reason: `Job${run.result}`,
        object,
        message: failureMessage(job, run),
      })
      return
    }
    const message = `the job ${job.name} of ${job.site} succeeds again`
    await store.appendEvent({ type: 'Normal', reason: 'JobRecovered', object, message })
  }

  return {
    async ended(account, job, run) {
      const lastRun = { ...run, output: readableOutput(run.output) }
      const former = await status.changeJob(account, job, (known) => ({ ...known, skippedRuns: 0, lastRun }))
      if (former !== undefined) await tell(account, job, run, former)
    },
    async skipped(account, job) {
      await status.changeJob(account, job, (known) => ({ ...known, skippedRuns: known.skippedRuns + 1 }))
    },
  }
}
