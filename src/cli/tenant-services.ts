import type Docker from 'dockerode'
import { withDocker } from '../drivers/engine/engine-client.ts'
import { unavailable } from '../drivers/engine/engine-errors.ts'
import { listServices } from '../drivers/engine/services.ts'
import { hostLayout, tenantEngineSocket, tenantHolderFile } from '../plan/settings.ts'
import { TerminalError, WaitingError } from '../ports/errors.ts'
import type { GlobalOptions } from './command.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { statePaths } from './state-paths.ts'
import { readAccount } from './status-files.ts'

/** A tenant's engine, for as long as one command needs it. */
export interface Tenant {
  readonly account: string
  /** Names the process that keeps the tenant's namespaces. */
  readonly holderFile: string
  readonly docker: Docker
  /** Service to container id. */
  readonly services: ReadonlyMap<string, string>
}

const explained = (account: string, error: unknown): unknown => {
  const known = unavailable(account, error)
  if (known instanceof WaitingError) {
    const message = `the engine of ${account} does not answer: palisade describe ${account} tells why`
    return new CliError(EXIT.failed, message, { cause: error })
  }
  if (known instanceof TerminalError) return new CliError(EXIT.failed, known.message, { cause: error })
  return known
}

/**
 * Lends out the engine of an account, which is asked directly: with or without a daemon.
 * @throws CliError for an unknown account, and while its engine does not run.
 */
export const withTenant = async <T>(
  { state, 'run-dir': runDirectory }: Pick<GlobalOptions, 'state' | 'run-dir'>,
  account: string,
  work: (tenant: Tenant) => Promise<T>,
): Promise<T> => {
  await readAccount(statePaths(state).accounts, account)
  const tenants = hostLayout({ stateDirectory: state, runDirectory, dataRoot: state }).tenants
  try {
    return await withDocker(tenantEngineSocket(tenants, account), async (docker) =>
      work({
        account,
        holderFile: tenantHolderFile(tenants, account),
        docker,
        services: await listServices(docker, account),
      }),
    )
  } catch (error) {
    throw explained(account, error)
  }
}

/** @throws CliError that names the services there are. */
export const containerOf = ({ account, services }: Tenant, service: string): string => {
  const id = services.get(service)
  if (id !== undefined) return id
  const there = services.size === 0 ? 'it has none' : `it has ${[...services.keys()].join(', ')}`
  throw new CliError(EXIT.notFound, `${account} has no service ${service}; ${there}`)
}
