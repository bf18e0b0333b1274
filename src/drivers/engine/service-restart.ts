import type Docker from 'dockerode'
import type { Clock } from '../../ports/store.ts'
import { isStatus } from './engine-errors.ts'
import { runCheck } from './probe.ts'

const POLL_MS = 250
const HTTP_CONFLICT = 409

export interface RestartOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** What the service has to become healthy again. */
  readonly timeoutMs: number
}

/** As the container was made with it, see `HealthCheck`. */
const healthCommand = ({ Config }: Docker.ContainerInspectInfo): readonly [string, ...string[]] | undefined => {
  const [form, program, ...args] = Config.Healthcheck?.Test ?? []
  return form === 'CMD' && program !== undefined ? [program, ...args] : undefined
}

const isHealthy = async (docker: Docker, id: string, signal: AbortSignal): Promise<boolean> => {
  const info = await docker.getContainer(id).inspect()
  const command = healthCommand(info)
  if (!info.State.Running || command === undefined) return info.State.Running
  try {
    return (await runCheck({ docker }, id, { command }, signal)).verdict === 'healthy'
  } catch (error) {
    // It ended in between.
    if (isStatus(error, HTTP_CONFLICT)) return false
    throw error
  }
}

/**
 * Stops the container within its stop timeout, starts it, and asks its health check until that passes: the milliseconds
 * this took after the start, or undefined when it did not come to it.
 */
export const restartContainer = async (
  docker: Docker,
  id: string,
  { clock, signal, timeoutMs }: RestartOptions,
): Promise<number | undefined> => {
  await docker.getContainer(id).restart()
  const started = clock.now()
  while (clock.now() - started < timeoutMs) {
    if (await isHealthy(docker, id, signal)) return clock.now() - started
    await clock.sleep(POLL_MS, signal)
  }
  return undefined
}
