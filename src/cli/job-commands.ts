import type { JobRun } from '../ports/engine.ts'
import type { GlobalOptions } from './command.ts'
import { daemonClient } from './daemon-client.ts'
import { EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import type { Io } from './io.ts'
import { jobTable } from './job-table.ts'
import { paintFor, terminalText } from './paint.ts'
import { statePaths } from './state-paths.ts'
import { readAccount } from './status-files.ts'
import { formatTable } from './table.ts'

export interface ListJobsOptions extends GlobalOptions {
  readonly account: string
}

export interface RunJobOptions extends ListJobsOptions {
  readonly site: string
  readonly job: string
}

export const listJobs = async (options: ListJobsOptions, io: Io): Promise<number> => {
  const { jobs } = await readAccount(statePaths(options.state).accounts, options.account)
  if (isData(options.output)) io.stdout.write(formatData(options.output, listOf(jobs)))
  else io.stdout.write(formatTable(jobTable(jobs, io.clock.now()), paintFor(options, io)))
  return EXIT.ok
}

/** That of the job, but for what `timeout(1)` has a code of its own for. */
const exitCodeOf = ({ result, exitCode }: JobRun): number => (result === 'TimedOut' ? EXIT.timedOut : exitCode)

/** Runs a job now; its output goes where that of any program goes, and how it ended to the error output. */
export const runJob = async (options: RunJobOptions, io: Io): Promise<number> => {
  const { account, site, job } = options
  const run = await daemonClient(options['run-dir'], io.signal).runJob(account, site, job)
  if (isData(options.output)) {
    io.stdout.write(formatData(options.output, run))
    return exitCodeOf(run)
  }
  const lines = run.output.replace(/\n$/, '').split('\n')
  const text = io.stdout.isTTY === true ? lines.map(terminalText).join('\n') : lines.join('\n')
  if (run.output !== '') io.stdout.write(`${text}\n`)
  const seconds = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1_000
  io.stderr.write(`${job} of ${site}: ${run.result} after ${seconds.toFixed(1)} s, exit code ${run.exitCode}\n`)
  return exitCodeOf(run)
}
