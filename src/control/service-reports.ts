import type { DesiredContainer, DesiredTenant } from '../plan/resources.ts'
import { ServiceError, WaitingError } from '../ports/errors.ts'
import type { EventEntry } from '../ports/store.ts'
import { memoryLimitOf } from './await-healthy.ts'
import type { Failure } from './conditions.ts'

/** What is wrong with one service; nothing of it changes while it goes on failing in the same way. */
export interface ServiceReport {
  readonly service: string
  /** CamelCase; empty when nothing is wrong. */
  readonly reason: string
  readonly message: string
  /** How often the engine had started it again when the reason came up. */
  readonly restarts: number
}

/** By name of the service. */
export type ServiceReports = ReadonlyMap<string, ServiceReport>

/** Process ids, times and counts differ from one end of a service to the next one, and tell nothing new. */
const withoutNumbers = (text: string): string => text.replace(/0x[0-9a-f]+|\d+/gi, '#')

const steady = (report: ServiceReport, former: ServiceReport | undefined): ServiceReport =>
  former?.reason === report.reason && withoutNumbers(former.message) === withoutNumbers(report.message)
    ? former
    : report

/** The error of a service, told as the time before when it says the same. */
export const steadyError = (error: ServiceError, former: ServiceReports): ServiceError => {
  const { service, reason, detail, restarts } = error
  const told = steady({ service, reason, message: detail, restarts }, former.get(service))
  return told.message === detail ? error : error.told(told.message, told.restarts)
}

const reportOf = (
  { name, service, image, limits }: DesiredContainer,
  failures: readonly Failure[],
  memoryKills: ReadonlyMap<string, number>,
  former: ServiceReports,
): ServiceReport => {
  const well = { service, reason: '', message: '', restarts: 0 }
  const failure =
    failures.find(({ problem }) => problem.target === `image/${image.name}`) ??
    failures.find(({ problem }) => problem.target === `container/${name}`) ??
    failures.find(({ problem }) => problem.target === `config/${name}`)
  if (failure?.error instanceof ServiceError) {
    const { reason, detail, restarts } = failure.error
    return { service, reason, message: detail, restarts }
  }
  // What is waited for tells nothing yet.
  if (failure?.error instanceof WaitingError) return former.get(service) ?? well
  if (failure !== undefined) {
    const { reason } = failure.problem
    const message = failure.error instanceof Error ? failure.error.message : String(failure.error)
    return { service, reason, message, restarts: 0 }
  }
  if ((memoryKills.get(name) ?? 0) === 0) return well
  const message = `a process of it was ended at ${memoryLimitOf({ limits })}; the service goes on`
  // Another limit since then is not the one that it was ended at.
  return steady({ ...well, reason: 'OutOfMemory', message }, former.get(service))
}

/** What is wrong with each of a tenant's services. `memoryKills` are those of containers that run, by name. */
export const reportServices = (
  { containers }: DesiredTenant,
  failures: readonly Failure[],
  memoryKills: ReadonlyMap<string, number>,
  former: ServiceReports,
): ServiceReports =>
  new Map(containers.map((container) => [container.service, reportOf(container, failures, memoryKills, former)]))

/** One event for each service whose reason is another one than before; none for a service that is gone. */
export const serviceEvents = (account: string, former: ServiceReports, reports: ServiceReports): EventEntry[] => {
  const object = `Account/${account}`
  return [...reports.values()].flatMap(({ service, reason, message }): EventEntry[] => {
    const before = former.get(service)?.reason ?? ''
    if (reason === before) return []
    return reason === ''
      ? [{ type: 'Normal', reason: 'Recovered', object, message: `${service} is well again after ${before}` }]
      : [{ type: 'Warning', reason, object, message: `${service}: ${message}` }]
  })
}
