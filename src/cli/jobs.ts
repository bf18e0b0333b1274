import type { Argv } from 'yargs'
import { type Chosen, type Command, defineCommand, type GlobalOptions } from './command.ts'
import { type ListJobsOptions, listJobs, type RunJobOptions, runJob } from './job-commands.ts'

const listCommand = defineCommand<ListJobsOptions>({
  command: 'list <account>',
  describe: 'List the cron jobs of an account with their last results',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', demandOption: true, describe: 'Whose' })
      .example('$0 jobs list alice', 'which of them failed, and what they said'),
  handler: listJobs,
})

const runCommand = defineCommand<RunJobOptions>({
  command: 'run <account> <site> <job>',
  describe: 'Have the daemon run a job now, and wait for its end',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', demandOption: true, describe: 'Whose' })
      .positional('site', { type: 'string', demandOption: true, describe: "The site's domain" })
      .positional('job', { type: 'string', demandOption: true, describe: "The job's name" })
      .example('$0 jobs run alice site1.com cleanup', 'ends with the exit code of the job, or 124 at its timeout'),
  handler: runJob,
})

/** A command of commands. */
export const jobsCommand: Command = {
  install: (yargs, choose: (chosen: Chosen) => void): Argv<GlobalOptions> =>
    yargs.command('jobs', 'List or run the cron jobs of an account', (inner) => {
      listCommand.install(inner, choose)
      runCommand.install(inner, choose)
      return inner.demandCommand(1, 'jobs: list or run?').example('$0 jobs list alice', 'with their last results')
    }),
}
