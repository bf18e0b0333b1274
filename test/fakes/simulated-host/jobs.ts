import type { DesiredContainer } from '../../../src/plan/resources.ts'
import type { JobRun } from '../../../src/ports/engine.ts'
import { TerminalError, WaitingError } from '../../../src/ports/errors.ts'
import type { Clock } from '../../../src/ports/store.ts'
import type { SimulatedEngine } from './containers.ts'
import type { SimulatedJob } from './tenant.ts'

const RETRY_MS = 5_000
const FALSE = 1
const NOT_FOUND = 127
const TERMINATED = 143

/** The few programs that a simulated image has. */
const begin = ([program, ...args]: readonly string[], now: number): SimulatedJob => {
  const ended = { startedAt: now, endsAt: now, exitCode: 0, output: '' }
  switch (program) {
    case 'true':
      return ended
    case 'false':
      return { ...ended, exitCode: FALSE }
    case 'echo':
      return { ...ended, output: `${args.join(' ')}\n` }
    case 'sleep':
      return { ...ended, endsAt: now + Number(args[0]) * 1_000 }
    default:
      return { ...ended, exitCode: NOT_FOUND, output: `${program}: not found\n` }
  }
}

export const startJob = ({ tenant }: SimulatedEngine, { name, image, command }: DesiredContainer, now: number) => {
  const former = tenant.jobs.get(name)
  if (former !== undefined && former.endsAt > now)
    throw new WaitingError('JobRunning', `the former run of ${name} has not ended`, RETRY_MS)
  if (tenant.foreignContainers.has(name)) {
    throw new TerminalError('ContainerNameTaken', `a container named ${name} stands here that is not ours; remove it`)
  }
  if (!tenant.images.has(image.name)) {
    throw new WaitingError('ImageMissing', `the image ${image.name} is not in the engine yet`, RETRY_MS)
  }
  tenant.jobs.set(name, begin(command, now))
}

const runOf = ({ startedAt, endsAt, exitCode, output }: SimulatedJob, deadline: number): JobRun => {
  const inTime = endsAt <= deadline
  const failed = exitCode === 0 ? 'Succeeded' : 'Failed'
  return {
    result: inTime ? failed : 'TimedOut',
    exitCode: inTime ? exitCode : TERMINATED,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(Math.min(endsAt, deadline)).toISOString(),
    output,
  }
}

export const awaitJob = async (
  { tenant }: SimulatedEngine,
  name: string,
  { timeoutMs, clock, signal }: { timeoutMs: number; clock: Clock; signal: AbortSignal },
): Promise<JobRun | undefined> => {
  const job = tenant.jobs.get(name)
  if (job === undefined) return undefined
  const deadline = job.startedAt + timeoutMs
  await clock.sleep(Math.max(0, Math.min(job.endsAt, deadline) - clock.now()), signal)
  tenant.jobs.delete(name)
  return runOf(job, deadline)
}
