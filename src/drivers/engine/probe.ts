import type Docker from 'dockerode'
import type { HealthCheck } from '../../plan/resources.ts'
import type { HealthProbe, ProbedContainer } from '../../ports/engine.ts'
import { findOwn } from './containers.ts'
import type { Engine } from './engine-client.ts'
import { isStatus } from './engine-errors.ts'
import { demultiplex, readStart } from './output.ts'
import { stateOf } from './snapshot.ts'

/** What is asked, and how long an answer may take. */
type Check = Pick<HealthCheck, 'command' | 'timeoutMs'>

type Answer = Pick<HealthProbe, 'verdict' | 'output'>

const MAX_OUTPUT_BYTES = 4 * 1024
/** A program may print byte by byte, and each print has a header of its own. */
const MAX_RAW_BYTES = 16 * MAX_OUTPUT_BYTES

/** An engine calls what ended unhealthy, and for a moment also what it has started again: no check failed then. */
const healthOf = ({ Health }: Docker.ContainerInspectInfo['State']): ProbedContainer['health'] => {
  switch (Health?.Status) {
    case 'healthy':
    case 'starting':
      return Health.Status
    case 'unhealthy':
      return Health.FailingStreak > 0 ? 'unhealthy' : 'starting'
    default:
      return 'none'
  }
}

/** What an inspection tells of how a container fares. Pure. */
export const probedContainer = ({ State, RestartCount }: Docker.ContainerInspectInfo): ProbedContainer => ({
  state: stateOf(State.Status),
  health: healthOf(State),
  restarts: RestartCount,
  exitCode: State.ExitCode,
  outOfMemory: State.OOMKilled,
  // The year 1 where it never ended; between a start and the next end it ended before it started.
  lastedMs: Math.max(0, Date.parse(State.FinishedAt) - Date.parse(State.StartedAt)),
})

/** @throws when the container does not run, and the reason of an abort. */
export const runCheck = async (
  { docker }: Pick<Engine, 'docker'>,
  id: string,
  check: Pick<Check, 'command'>,
  abortSignal: AbortSignal,
): Promise<Answer> => {
  const exec = await docker
    .getContainer(id)
    .exec({ Cmd: [...check.command], AttachStdout: true, AttachStderr: true, abortSignal })
  const stream = await exec.start({ Detach: false, Tty: false, abortSignal })
  const raw = await readStart(stream, MAX_RAW_BYTES)
  const { ExitCode: exitCode } = await exec.inspect({ abortSignal })
  return {
    verdict: exitCode === 0 ? 'healthy' : 'unhealthy',
    output: demultiplex(raw).subarray(0, MAX_OUTPUT_BYTES).toString(),
  }
}

/**
 * Runs the command in the container. The engine can't end a command that exceeds its time; it stays, within the
 * service's own limits, until it ends by itself.
 */
export const probe = async (engine: Engine, name: string, check: Check, signal: AbortSignal): Promise<HealthProbe> => {
  const info = await findOwn(engine, name)
  if (info === undefined)
    return { verdict: 'stopped', output: `the container ${name} is missing`, container: 'missing' }
  const container = probedContainer(info)
  const timeout = AbortSignal.timeout(check.timeoutMs)
  try {
    return { ...(await runCheck(engine, info.Id, check, AbortSignal.any([signal, timeout]))), container }
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted)
      return { verdict: 'unhealthy', output: `the check did not end within ${check.timeoutMs} ms`, container }
    if (isStatus(error, 404, 409))
      return { verdict: 'stopped', output: `the container ${name} does not run`, container }
    throw error
  }
}
