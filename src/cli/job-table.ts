import type { JobStatus } from '../control/job-status.ts'
import { formatAge } from './durations.ts'
import type { Cell, Table } from './table.ts'

const lastRun = ({ lastRun: run }: JobStatus, now: number): readonly Cell[] => {
  if (run === undefined) return ['', '', '', '']
  const good = run.result === 'Succeeded'
  const lastLine = run.output.split('\n').at(-1) ?? ''
  return [
    formatAge(run.endedAt, now),
    { text: run.result, tone: good ? 'good' : 'bad' },
    String(run.exitCode),
    good ? '' : lastLine,
  ]
}

/** One row a job; of those that failed the last line that they printed. */
export const jobTable = (jobs: readonly JobStatus[], now: number): Table => ({
  header: ['SITE', 'JOB', 'SCHEDULE', 'SKIPPED', 'LAST RUN', 'RESULT', 'EXIT', 'MESSAGE'],
  rows: jobs.map((job) => [
    job.site,
    job.name,
    job.schedule,
    job.skippedRuns === 0 ? '' : String(job.skippedRuns),
    ...lastRun(job, now),
  ]),
})
