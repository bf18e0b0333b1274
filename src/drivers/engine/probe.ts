import type { HealthCheck } from '../../plan/resources.ts'
import type { HealthProbe } from '../../ports/engine.ts'
import { findOwn } from './containers.ts'
import type { Engine } from './engine-client.ts'
import { isStatus } from './engine-errors.ts'
import { demultiplex, readStart } from './output.ts'

/** What is asked, and how long an answer may take. */
type Check = Pick<HealthCheck, 'command' | 'timeoutMs'>

const MAX_OUTPUT_BYTES = 4 * 1024
/** A program may print byte by byte, and each print has a header of its own. */
const MAX_RAW_BYTES = 16 * MAX_OUTPUT_BYTES

const unhealthy = (output: string): HealthProbe => ({ verdict: 'unhealthy', output })

const stopped = (output: string): HealthProbe => ({ verdict: 'stopped', output })

const run = async ({ docker }: Engine, id: string, check: Check, abortSignal: AbortSignal): Promise<HealthProbe> => {
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
  const timeout = AbortSignal.timeout(check.timeoutMs)
  try {
    const info = await findOwn(engine, name)
    if (info === undefined) return stopped(`the container ${name} is missing`)
    return await run(engine, info.Id, check, AbortSignal.any([signal, timeout]))
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted) return unhealthy(`the check did not end within ${check.timeoutMs} ms`)
    if (isStatus(error, 404, 409)) return stopped(`the container ${name} does not run`)
    throw error
  }
}
