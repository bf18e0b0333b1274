import { closeSync } from 'node:fs'
import type { Allocation, RuntimeClass } from '../../plan/resources.ts'
import { RUNTIME_PROGRAMS } from '../../plan/runtimes.ts'
import { type HostSettings, tenantLayout } from '../../plan/settings.ts'
import { WaitingError } from '../../ports/errors.ts'
import type { EngineProcesses, Sandboxes } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import type { TenantCgroups } from './cgroups.ts'
import { endProcess } from './end-process.ts'
import { renderEngineArguments } from './engine-arguments.ts'
import { endLeftovers, isContainerd } from './engine-leftovers.ts'
import { openEngineLog, readEngineLogTail } from './engine-log.ts'
import { pingEngine } from './engine-ping.ts'
import { findProgram } from './find-program.ts'
import { launch } from './launch.ts'
import { type Patience, poll } from './poll.ts'
import {
  identify,
  isAlive,
  type ProcessIdentity,
  readLiving,
  removeIdentity,
  writeIdentity,
} from './process-identity.ts'
import { ENGINE_DIRECTORY_INSIDE } from './sandboxes.ts'

/** After a reboot it starts its containers before it answers, while all tenants' engines do. */
const START_PATIENCE = { timeoutMs: 120_000, intervalMs: 10 }
const STOP_PATIENCE = { timeoutMs: 15_000, intervalMs: 10 }
const KILL_PATIENCE = { timeoutMs: 5000, intervalMs: 5 }
const SANDBOX_AGAIN_MS = 2000
const LOG_LINES = 3

const RUNTIME_CLASSES: readonly RuntimeClass[] = ['runc', 'gvisor']

export interface EngineProcessesOptions {
  readonly settings: HostSettings
  readonly cgroups: TenantCgroups
  readonly sandboxes: Sandboxes
  readonly clock: Clock
  readonly libexecDirectory: string
}

/** Inside the sandbox, as its root: the tenant's user outside. */
const engineEntry = (holder: number): readonly string[] => [
  'nsenter',
  ...['--target', `${holder}`, '--user', '--mount', '--net', '--setuid', '0', '--setgid', '0', '--wd=/', '--'],
]

export const createEngineProcesses = (options: EngineProcessesOptions): EngineProcesses => {
  const { settings, cgroups, sandboxes, clock, libexecDirectory } = options
  const layoutOf = (account: string) => tenantLayout(settings, account)
  const readEngine = (account: string) => readLiving(layoutOf(account).engineFile)

  /** A dockerd that lost its containerd answers, but can do nothing, and needs long to notice: such an engine is stopped. */
  const readWholeEngine = (account: string) => {
    const engine = readEngine(account)
    return engine && cgroups.engineProcesses(account).some(isContainerd) ? engine : undefined
  }

  const awaitEnd = (engine: ProcessIdentity, patience: Patience) =>
    poll(clock, patience, () => (isAlive(engine) ? undefined : true))

  /** Also what an engine that was killed has left: its containerd. Containers and their shims go on. */
  const stop = async (account: string): Promise<void> => {
    const engine = readEngine(account)
    if (engine) {
      endProcess(engine.pid, 'SIGTERM')
      if (!(await awaitEnd(engine, STOP_PATIENCE))) endProcess(engine.pid)
      if (!(await awaitEnd(engine, KILL_PATIENCE))) throw new Error(`dockerd of ${account} outlives SIGKILL`)
    }
    const sandbox = await sandboxes.observe(account)
    await endLeftovers(clock, {
      engineProcesses: () => cgroups.engineProcesses(account),
      serviceProcesses: (containerId) => cgroups.serviceProcesses(account, containerId),
      holder: sandbox === 'absent' ? undefined : sandbox.pid,
    })
    removeIdentity(layoutOf(account).engineFile)
  }

  const spawnEngine = (account: string, holder: number): ProcessIdentity => {
    const { logs, engineData } = layoutOf(account)
    const log = openEngineLog(logs)
    try {
      const child = launch({
        libexecDirectory,
        processFiles: cgroups.processFiles(account),
        entry: engineEntry(holder),
        script: 'engine',
        scriptArguments: renderEngineArguments({
          dataRoot: engineData,
          socketDirectory: ENGINE_DIRECTORY_INSIDE,
          cgroupParent: cgroups.servicesParent(account),
        }),
        workingDirectory: '/',
        output: log,
      })
      // Without a listener the error would end the daemon; that the process is missing tells enough.
      child.on('error', () => {})
      const identity = child.pid === undefined ? undefined : identify(child.pid)
      if (!identity) throw new Error(`dockerd of ${account} could not be started; see ${logs}`)
      return identity
    } finally {
      closeSync(log)
    }
  }

  const awaitAnswer = async (account: string, engine: ProcessIdentity): Promise<void> => {
    const { engineSocket, logs } = layoutOf(account)
    const answer = await poll(clock, START_PATIENCE, async () => {
      if (await pingEngine(engineSocket)) return 'answers'
      return isAlive(engine) ? undefined : 'ended'
    })
    if (answer === 'answers') return
    await stop(account)
    const what = answer === 'ended' ? 'ended while starting' : `gave no answer in ${START_PATIENCE.timeoutMs / 1000} s`
    throw new Error(`dockerd of ${account} ${what}. Its last words:\n${readEngineLogTail(logs, LOG_LINES)}`)
  }

  return {
    stop,

    async observe(account) {
      return readWholeEngine(account) ? 'running' : 'stopped'
    },

    async runtimes() {
      const installed = RUNTIME_CLASSES.filter((runtime) => findProgram(RUNTIME_PROGRAMS[runtime]) !== undefined)
      return new Set(installed)
    },

    async start(account, _allocation: Allocation) {
      const running = readWholeEngine(account)
      if (running) return awaitAnswer(account, running)
      const sandbox = await sandboxes.observe(account)
      if (sandbox === 'absent')
        throw new WaitingError('SandboxNotReady', `the sandbox of ${account} does not stand`, SANDBOX_AGAIN_MS)
      await stop(account)
      const engine = spawnEngine(account, sandbox.pid)
      writeIdentity(layoutOf(account).engineFile, engine)
      await awaitAnswer(account, engine)
    },
  }
}
