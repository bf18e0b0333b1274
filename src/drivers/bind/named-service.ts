import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sha256 } from '../../plan/digest.ts'
import type { HostSettings } from '../../plan/settings.ts'
import type { Clock } from '../../ports/store.ts'
import { readLivingProcess, removeProcessFile, type StartedProcess, writeProcessFile } from '../edge/process-file.ts'
import { poll } from '../host/poll.ts'
import { isAlive } from '../host/process-identity.ts'
import { endServer, spawnServer } from '../host/server-process.ts'
import type { Identity } from '../host/server-user.ts'
import { bindLayout } from './bind-layout.ts'
import type { BindControl } from './control.ts'
import { renderNamedConfig } from './named-config.ts'
import { type BindQuestions, ownAddress } from './questions.ts'

const START_PATIENCE = { timeoutMs: 30_000, intervalMs: 20 }

/** How named is run on this host. */
export interface NamedService {
  /** `stale`: it runs with another configuration than ours. */
  observe(): Promise<'stopped' | 'stale' | 'running'>
  /** Everything that it needs stands. Returns when it answers. */
  start(identity: Identity): Promise<void>
  /** It runs, and the new configuration stands. */
  reconfigure(): Promise<void>
  stop(): Promise<void>
}

export interface NamedServiceOptions {
  readonly settings: HostSettings
  readonly clock: Clock
  readonly control: BindControl
  readonly questions: BindQuestions
  readonly signal: AbortSignal
}

/** Two servers would share a port of UDP without a word, and named goes on without an address that is taken. */
export const refuseTakenPort = async ({ dns }: HostSettings): Promise<void> => {
  const { address, port } = ownAddress(dns)
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', reuseAddr: false })
  try {
    socket.bind({ address, port, exclusive: true })
    await once(socket, 'listening')
  } catch (cause) {
    throw new Error(`the name server does not start: port ${port} of ${address} is taken by another program`, { cause })
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()))
  }
}

/** Waits until named can be controlled and asked. False when that takes too long, or `isOver`. */
export const comesUp = async (
  { clock, control, questions }: Pick<NamedServiceOptions, 'clock' | 'control' | 'questions'>,
  isOver: () => boolean,
): Promise<boolean> => {
  const state = await poll(clock, START_PATIENCE, async () => {
    if (isOver()) return 'over'
    return (await questions.answers()) && (await control.isThere()) ? 'up' : undefined
  })
  return state === 'up'
}

/** Of a log in a directory of named's own: a link is not followed. */
const lastWords = async (path: string): Promise<string> => {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    const text = await file.readFile('utf8').finally(() => file.close())
    return text.trim().split('\n').slice(-3).join('\n')
  } catch {
    return ''
  }
}

/** named as a process of the host, for hosts without a service manager. */
export const namedProcess = (options: NamedServiceOptions): NamedService => {
  const { settings, clock, control, questions, signal } = options
  const layout = bindLayout(settings)
  const configDigest = sha256(renderNamedConfig(settings))
  const readRunning = (): Promise<StartedProcess | undefined> => readLivingProcess(layout.processFile)

  const stop = async (): Promise<void> => {
    const running = await readRunning()
    if (running) await endServer(clock, 'named', running, signal)
    await removeProcessFile(layout.processFile)
  }

  return {
    stop,

    async observe() {
      const running = await readRunning()
      if (running === undefined || !(await questions.answers())) return 'stopped'
      return running.configDigest === configDigest ? 'running' : 'stale'
    },

    async start(identity) {
      await stop()
      await refuseTakenPort(settings)
      await mkdir(dirname(layout.processFile), { recursive: true, mode: 0o755 })
      const started = await spawnServer({
        identity,
        command: ['named', '-f', '-c', layout.config, '-L', layout.startLog],
        log: layout.output,
        home: layout.work,
      })
      await writeProcessFile(layout.processFile, { ...started, configDigest })
      if (await comesUp(options, () => !isAlive(started) || signal.aborted)) return
      await stop()
      signal.throwIfAborted()
      throw new Error(
        `named does not start; its last words in ${layout.startLog}:\n${await lastWords(layout.startLog)}`,
      )
    },

    async reconfigure() {
      const running = await readRunning()
      if (running === undefined) throw new Error('named has ended')
      await control.reconfigure()
      if (!(await comesUp({ clock, control, questions }, () => !isAlive(running)))) {
        throw new Error(`named does not take its new configuration; see ${layout.log}`)
      }
      await writeProcessFile(layout.processFile, { ...running, configDigest })
    },
  }
}
