import { restartContainer } from '../drivers/engine/service-restart.ts'
import { durationOption } from './durations.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import type { Io } from './io.ts'
import { paintFor } from './paint.ts'
import type { RestartOptions } from './restart.ts'
import { formatTable } from './table.ts'
import { containerOf, type Tenant, withTenant } from './tenant-services.ts'

interface Restarted {
  readonly service: string
  /** Milliseconds until the health check passed; null when it did not. */
  readonly healthyAfterMs: number | null
}

const chosen = (tenant: Tenant, { services, all }: RestartOptions): ReadonlyMap<string, string> => {
  if (all === services.length > 0) throw new CliError(EXIT.usage, 'restart: name services, or give --all')
  return all ? tenant.services : new Map(services.map((service) => [service, containerOf(tenant, service)]))
}

const format = (results: readonly Restarted[], options: RestartOptions, io: Io): string => {
  if (isData(options.output)) return formatData(options.output, listOf(results))
  const rows = results.map(({ service, healthyAfterMs }) => [
    service,
    healthyAfterMs === null
      ? ({ text: `not healthy within ${options.timeout}`, tone: 'bad' } as const)
      : ({ text: `healthy after ${(healthyAfterMs / 1_000).toFixed(1)} s`, tone: 'good' } as const),
  ])
  return formatTable({ header: ['SERVICE', 'RESTARTED'], rows }, paintFor(options, io))
}

/** Restarts containers as they are: nothing is replaced, and the configuration that the files hold is read. */
export const restartServices = (options: RestartOptions, io: Io): Promise<number> => {
  const timeoutMs = durationOption('timeout', options.timeout)
  return withTenant(options, options.account, async (tenant) => {
    const results: Restarted[] = []
    for (const [service, id] of chosen(tenant, options)) {
      const healthyAfterMs = await restartContainer(tenant.docker, id, { ...io, timeoutMs })
      results.push({ service, healthyAfterMs: healthyAfterMs ?? null })
    }
    io.stdout.write(format(results, options, io))
    return results.some(({ healthyAfterMs }) => healthyAfterMs === null) ? EXIT.failed : EXIT.ok
  })
}
