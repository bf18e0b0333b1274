import { Agent } from 'node:http'
import Docker from 'dockerode'
import { type HostSettings, tenantLayout } from '../../plan/settings.ts'
import { withTenantSocket } from '../tenant-socket.ts'
import type { Fence } from './container-options.ts'
import { unavailable } from './engine-errors.ts'
import { type Ownership, ownership } from './labels.ts'

/** One account's engine, for as long as one call lasts. */
export interface Engine {
  readonly docker: Docker
  readonly owner: Ownership
  readonly fence: Fence
}

/** @throws WaitingError `EngineUnavailable` while no engine answers. */
export type UseEngine = <T>(account: string, work: (engine: Engine) => Promise<T>) => Promise<T>

/**
 * The path is one of `/proc/self/fd` and soon means another tenant's socket, so connections are never kept for reuse
 * by path, as the agent that all of the process shares would do. The empty host keeps `DOCKER_HOST` out.
 */
const connect = (socketPath: string): Docker => {
  const options = { socketPath, agent: new Agent({ keepAlive: false }), host: '', protocol: 'http' as const }
  return new Docker(options)
}

/** Lends out the engine behind a tenant's socket, with that socket's checks, to a program that is not the daemon. */
export const withDocker = <T>(socketPath: string, work: (docker: Docker) => Promise<T>): Promise<T> =>
  withTenantSocket(socketPath, (path) => work(connect(path)))

/** Lends out engines; no API version is asked for, so every engine since 20.10 answers with its own. */
export const engineClient =
  (settings: HostSettings, apparmorProfile: Fence['apparmorProfile']): UseEngine =>
  async (account, work) => {
    const { engineSocket, tree } = tenantLayout(settings, account)
    const owner = ownership(settings.instance, account)
    try {
      return await withTenantSocket(engineSocket, (path) =>
        work({ docker: connect(path), owner, fence: { tree, apparmorProfile } }),
      )
    } catch (error) {
      throw unavailable(account, error)
    }
  }
