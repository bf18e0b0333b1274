import type { DesiredJob } from '../plan/resources.ts'
import type { JobRun } from '../ports/engine.ts'

/** What the status of an account says of one job. */
export interface JobStatus {
  readonly site: string
  readonly name: string
  readonly schedule: string
  /** How often it was due since its last run began, and passed over, for that run had not ended. */
  readonly skippedRuns: number
  /** The last that has ended. */
  readonly lastRun?: JobRun
}

type JobId = Pick<DesiredJob, 'site' | 'name'>

const MAX_LINES = 20
/** ECMA-48: control sequences, such as colours, and strings for the terminal, such as its title. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]/g

export const withoutSequences = (text: string): string => text.replace(SEQUENCES, '')

/** The last lines, without what a terminal would obey. Pure. */
export const readableOutput = (output: string): string =>
  withoutSequences(output)
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trimEnd()
    .split('\n')
    .slice(-MAX_LINES)
    .join('\n')

export const isSameJob = (a: JobId, b: JobId): boolean => a.site === b.site && a.name === b.name

/** The jobs that are wanted, each with what was known of it. */
export const jobStatuses = (desired: readonly DesiredJob[], former: readonly JobStatus[]): JobStatus[] =>
  desired.map((job) => {
    const { skippedRuns = 0, lastRun } = former.find((known) => isSameJob(known, job)) ?? {}
    const { site, name, schedule } = job
    return { site, name, schedule, skippedRuns, ...(lastRun === undefined ? {} : { lastRun }) }
  })

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const RESULTS: ReadonlySet<unknown> = new Set<JobRun['result']>(['Succeeded', 'Failed', 'TimedOut', 'OutOfMemory'])

export const isJobRun = (value: unknown): value is JobRun =>
  isObject(value) &&
  RESULTS.has(value.result) &&
  typeof value.exitCode === 'number' &&
  [value.startedAt, value.endedAt, value.output].every((text) => typeof text === 'string')

const isJobStatus = (value: unknown): value is JobStatus =>
  isObject(value) &&
  [value.site, value.name, value.schedule].every((text) => typeof text === 'string') &&
  typeof value.skippedRuns === 'number' &&
  (value.lastRun === undefined || isJobRun(value.lastRun))

/** Jobs of an account's object that was read back from disk. */
export const jobsOf = (object: unknown): readonly JobStatus[] => {
  if (!isObject(object) || !isObject(object.status) || !Array.isArray(object.status.jobs)) return []
  return object.status.jobs.filter(isJobStatus)
}
