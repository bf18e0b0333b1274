import type { DesiredContainer } from '../plan/resources.ts'
import type { HealthProbe, ProbedContainer } from '../ports/engine.ts'
import { ServiceError, WaitingError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import { lastWords } from './last-words.ts'

const PROBE_INTERVAL_MS = 50
const PROBE_INTERVAL_MAX_MS = 1_000
const HEALTHY_WITHIN_MS = 120_000
/** What stopped while it was waited for is started by the next look. */
const LOOK_AGAIN_MS = 500
/** One end may be an accident. */
const CRASHES = 3
/** A service that lasts longer than this and then ends has crashed, but not in a loop. */
const SHORT_LIFE_MS = 60_000
const LOG_LINES = 20

const MEBIBYTE = 1024 * 1024

type Service = Pick<DesiredContainer, 'name' | 'service' | 'limits'>

/** What administrators read of a service that was ended at a limit: the kernel counts whom it ended, not which limit was met. */
export const memoryLimitOf = ({ limits }: Pick<DesiredContainer, 'limits'>): string =>
  `its memory limit of ${Math.round(limits.memoryBytes / MEBIBYTE)} MiB, or at that of all services`

const isLooping = ({ restarts, lastedMs }: ProbedContainer): boolean => restarts >= CRASHES && lastedMs < SHORT_LIFE_MS

const words = async (ports: Ports, account: string, name: string): Promise<string> => {
  const said = lastWords(await ports.engines.logs(account, name, LOG_LINES))
  return said === '' ? 'it wrote nothing' : said
}

const looping = async (ports: Ports, account: string, container: Service, seen: ProbedContainer) => {
  const { restarts, exitCode, outOfMemory } = seen
  const ends = `exit code ${exitCode} after ${restarts} restarts`
  const said = await words(ports, account, container.name)
  return outOfMemory
    ? new ServiceError('OutOfMemory', container.service, {
        detail: `ended at ${memoryLimitOf(container)}, ${ends}: ${said}`,
        restarts,
      })
    : new ServiceError('CrashLoopBackOff', container.service, { detail: `${ends}: ${said}`, restarts })
}

const unhealthy = ({ service }: Service, { output, container }: HealthProbe) => {
  const said = lastWords(output)
  return new ServiceError('Unhealthy', service, {
    detail: `the health check fails: ${said === '' ? 'it printed nothing' : said}`,
    restarts: container === 'missing' ? 0 : container.restarts,
  })
}

/** Undefined while there is hope. Its engine starts a service that ended again, unless it was told to stop. */
const verdictOn = async (ports: Ports, account: string, service: Service, probe: HealthProbe) => {
  const { verdict, output, container } = probe
  if (container === 'missing') return new WaitingError('ServiceStopped', output, LOOK_AGAIN_MS)
  if (verdict === 'unhealthy') return container.health === 'unhealthy' ? unhealthy(service, probe) : undefined
  if (isLooping(container)) return looping(ports, account, service, container)
  const isBack = container.state === 'running' || container.state === 'restarting'
  return isBack ? undefined : new WaitingError('ServiceStopped', output, LOOK_AGAIN_MS)
}

/**
 * Returns when the service is healthy. Gives up early on one that ends again and again, and on one that its engine has
 * given up already.
 * @throws ServiceError when it does not get well; WaitingError `ServiceStopped` when it has to be started first.
 */
export const awaitHealthy = async (
  ports: Ports,
  account: string,
  container: DesiredContainer,
  signal: AbortSignal,
): Promise<void> => {
  const deadline = ports.clock.now() + HEALTHY_WITHIN_MS
  let interval = PROBE_INTERVAL_MS
  for (;;) {
    const probe = await ports.engines.probe(account, container, signal)
    if (probe.verdict === 'healthy') return
    const error = await verdictOn(ports, account, container, probe)
    if (error !== undefined) throw error
    if (ports.clock.now() >= deadline) throw unhealthy(container, probe)
    await ports.clock.sleep(interval, signal)
    interval = Math.min(interval * 2, PROBE_INTERVAL_MAX_MS)
  }
}
