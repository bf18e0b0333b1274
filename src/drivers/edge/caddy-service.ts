import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { HostSettings } from '../../plan/settings.ts'
import type { Clock } from '../../ports/store.ts'
import { isAnswering, loadConfig } from './caddy-admin.ts'
import { defaultAskPort, renderCaddyConfig } from './caddy-config.ts'
import { caddyLayout } from './caddy-layout.ts'
import { type Identity, prepareCaddy } from './prepare-caddy.ts'
import {
  readLivingProcess,
  readStartTime,
  removeProcessFile,
  type StartedProcess,
  writeProcessFile,
} from './process-file.ts'

const startTimeoutMs = 20_000
const stopTimeoutMs = 15_000
const pollMs = 50

/** Caddy as a process of the host, for hosts without a service manager. Called by one caller at a time. */
export interface CaddyService {
  /** `stale`: it runs, with another configuration than the settings ask for. */
  observe(): Promise<'stopped' | 'stale' | 'running'>
  /**
   * Leaves a running one with the same configuration alone; returns when it answers.
   * @throws Error with the end of its log when it does not come up, for example because a port is taken.
   */
  ensureRunning(signal: AbortSignal): Promise<'unchanged' | 'reloaded' | 'started'>
  stop(signal: AbortSignal): Promise<void>
}

/** Ports below 1024 are all that is left to Caddy of root's rights. */
const renderCommand = ({ uid, gid }: Identity, config: string): string[] => [
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--clear-groups',
  '--inh-caps=-all,+net_bind_service',
  '--ambient-caps=-all,+net_bind_service',
  '--bounding-set=-all,+net_bind_service',
  '--no-new-privs',
  '--',
  'caddy',
  'run',
  '--config',
  config,
]

const isSignalled = (pid: number, name: 'SIGTERM' | 'SIGKILL'): boolean => {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

const listenOnce = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, () => server.close(() => resolve()))
  })

/** Two of Caddy would share their ports without a word, each with its own sites, so they are tried before. */
const refuseTakenPorts = async (ports: readonly number[]): Promise<void> => {
  for (const port of ports) {
    await listenOnce(port).catch((cause: unknown) => {
      throw new Error(`Caddy does not start: port ${port} is taken by another program`, { cause })
    })
  }
}

export const caddyService = (options: {
  readonly settings: HostSettings
  readonly clock: Clock
  /** Port on 127.0.0.1 where Caddy asks itself about certificates. */
  readonly askPort?: number
}): CaddyService => {
  const { settings, clock, askPort = defaultAskPort } = options
  const layout = caddyLayout(settings)
  const config = renderCaddyConfig(settings, askPort)
  const configDigest = createHash('sha256').update(config).digest('hex')

  const until = async (isDone: () => Promise<boolean>, timeoutMs: number, signal: AbortSignal): Promise<boolean> => {
    const deadline = clock.now() + timeoutMs
    while (!(await isDone())) {
      if (clock.now() >= deadline) return false
      await clock.sleep(pollMs, signal)
    }
    return true
  }

  const end = async (running: StartedProcess, signal: AbortSignal): Promise<void> => {
    const isGone = async () => (await readStartTime(running.pid)) !== running.startTime
    isSignalled(running.pid, 'SIGTERM')
    if (await until(isGone, stopTimeoutMs, signal)) return
    isSignalled(running.pid, 'SIGKILL')
    if (!(await until(isGone, stopTimeoutMs, signal))) throw new Error(`Caddy (process ${running.pid}) does not end`)
  }

  const spawnDetached = async (identity: Identity): Promise<StartedProcess> => {
    const log = await open(layout.startLog, 'w', 0o640)
    try {
      const child = spawn('setpriv', renderCommand(identity, layout.config), {
        detached: true,
        cwd: '/',
        stdio: ['ignore', log.fd, log.fd],
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: layout.storage },
      })
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      child.unref()
      const pid = child.pid ?? 0
      const started = { pid, startTime: (await readStartTime(pid)) ?? '', configDigest }
      await writeProcessFile(layout.processFile, started)
      return started
    } finally {
      await log.close()
    }
  }

  const start = async (signal: AbortSignal): Promise<void> => {
    await refuseTakenPorts([settings.httpPort, settings.httpsPort, askPort])
    const started = await spawnDetached(await prepareCaddy(settings, askPort))
    const isLiving = async () => (await readStartTime(started.pid)) === started.startTime
    const isSettled = async () => !(await isLiving()) || (await isAnswering(layout.adminSocket))
    await until(isSettled, startTimeoutMs, signal)
    if ((await isLiving()) && (await isAnswering(layout.adminSocket))) return
    const said = (await readFile(layout.startLog, 'utf8')).trim().split('\n').slice(-3).join('\n')
    if (await isLiving()) await end(started, signal)
    await removeProcessFile(layout.processFile)
    throw new Error(`Caddy does not start; its last words in ${layout.startLog}:\n${said}`)
  }

  const reload = async (running: StartedProcess): Promise<void> => {
    await prepareCaddy(settings, askPort)
    await loadConfig(layout.adminSocket, config)
    await writeProcessFile(layout.processFile, { ...running, configDigest })
  }

  return {
    async observe() {
      const running = await readLivingProcess(layout.processFile)
      if (running === undefined) return 'stopped'
      return running.configDigest === configDigest ? 'running' : 'stale'
    },

    async ensureRunning(signal) {
      const running = await readLivingProcess(layout.processFile)
      if (running && (await isAnswering(layout.adminSocket))) {
        if (running.configDigest === configDigest) return 'unchanged'
        await reload(running)
        return 'reloaded'
      }
      if (running) await end(running, signal)
      await start(signal)
      return 'started'
    },

    async stop(signal) {
      const running = await readLivingProcess(layout.processFile)
      if (running) await end(running, signal)
      await removeProcessFile(layout.processFile)
    },
  }
}
