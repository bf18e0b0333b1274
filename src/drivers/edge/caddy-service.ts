import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { HostSettings } from '../../plan/settings.ts'
import type { Clock } from '../../ports/store.ts'
import { poll } from '../host/poll.ts'
import { isAlive, type ProcessIdentity } from '../host/process-identity.ts'
import { endServer, spawnServer } from '../host/server-process.ts'
import type { Identity } from '../host/server-user.ts'
import { isAnswering, loadConfig } from './caddy-admin.ts'
import { type CaddyLayout, caddyLayout } from './caddy-layout.ts'
import { refuseTakenPorts } from './caddy-process.ts'
import { edgeConfig, prepareCaddy } from './prepare-caddy.ts'
import { readLivingProcess, removeProcessFile, writeProcessFile } from './process-file.ts'

const startPatience = { timeoutMs: 20_000, intervalMs: 50 }

/** Caddy as a process of the host, for hosts without a service manager. Called by one caller at a time. */
export interface CaddyService {
  /** `stale`: it runs, with another configuration than the settings ask for. */
  observe(): Promise<'stopped' | 'stale' | 'running'>
  /**
   * Leaves a running one with the same configuration alone; returns when it answers. One that has not come up when
   * `signal` aborts is ended.
   * @throws Error with the end of its log when it does not come up, for example because a port is taken.
   */
  ensureRunning(signal: AbortSignal): Promise<'unchanged' | 'reloaded' | 'started'>
  /** Lets it finish its requests, for 15 s or until `signal` aborts. */
  stop(signal: AbortSignal): Promise<void>
}

export interface CaddyServiceOptions {
  readonly settings: HostSettings
  readonly clock: Clock
}

/** False when it ends before, takes too long, or is not wanted any more. */
const comesUp = async (
  clock: Clock,
  layout: CaddyLayout,
  started: ProcessIdentity,
  signal: AbortSignal,
): Promise<boolean> => {
  const state = await poll(clock, startPatience, async () => {
    if (!isAlive(started) || signal.aborted) return 'ended'
    return (await isAnswering(layout.adminSocket)) ? 'up' : undefined
  })
  return state === 'up'
}

const lastWords = async (layout: CaddyLayout): Promise<string> =>
  (await readFile(layout.startLog, 'utf8')).trim().split('\n').slice(-3).join('\n')

const spawnCaddy = (layout: CaddyLayout, identity: Identity): Promise<ProcessIdentity> =>
  spawnServer({
    identity,
    command: ['caddy', 'run', '--config', layout.config],
    log: layout.startLog,
    home: layout.storage,
  })

export const caddyService = ({ settings, clock }: CaddyServiceOptions): CaddyService => {
  const layout = caddyLayout(settings)
  const digestOf = (config: string): string => createHash('sha256').update(config).digest('hex')
  const configDigest = async (): Promise<string> => digestOf(await edgeConfig(settings))
  const readRunning = () => readLivingProcess(layout.processFile)

  const start = async (signal: AbortSignal): Promise<void> => {
    await refuseTakenPorts([settings.httpPort, settings.httpsPort, settings.askPort])
    const started = await spawnCaddy(layout, await prepareCaddy(settings))
    await writeProcessFile(layout.processFile, { ...started, configDigest: await configDigest() })
    if (await comesUp(clock, layout, started, signal)) return
    await endServer(clock, 'Caddy', started, signal)
    await removeProcessFile(layout.processFile)
    signal.throwIfAborted()
    throw new Error(`Caddy does not start; its last words in ${layout.startLog}:\n${await lastWords(layout)}`)
  }

  const reload = async (running: ProcessIdentity): Promise<void> => {
    await prepareCaddy(settings)
    const config = await edgeConfig(settings)
    await loadConfig(layout.adminSocket, config)
    await writeProcessFile(layout.processFile, { ...running, configDigest: digestOf(config) })
  }

  return {
    async observe() {
      const running = await readRunning()
      if (running === undefined) return 'stopped'
      return running.configDigest === (await configDigest()) ? 'running' : 'stale'
    },

    async ensureRunning(signal) {
      const running = await readRunning()
      if (running && (await isAnswering(layout.adminSocket))) {
        if (running.configDigest === (await configDigest())) return 'unchanged'
        await reload(running)
        return 'reloaded'
      }
      if (running) await endServer(clock, 'Caddy', running, signal)
      await start(signal)
      return 'started'
    },

    async stop(signal) {
      const running = await readRunning()
      if (running) await endServer(clock, 'Caddy', running, signal)
      await removeProcessFile(layout.processFile)
    },
  }
}
