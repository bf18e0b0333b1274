import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Clock } from '../../ports/store.ts'
import { endProcess } from '../host/end-process.ts'
import { poll } from '../host/poll.ts'
import { identify, isAlive, type ProcessIdentity } from '../host/process-identity.ts'
import { PROGRAM_ENVIRONMENT } from '../host/program.ts'
import type { CaddyLayout } from './caddy-layout.ts'
import type { Identity } from './prepare-caddy.ts'

const patience = { timeoutMs: 15_000, intervalMs: 50 }

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

const spawned = async (child: ChildProcess): Promise<ProcessIdentity> => {
  await once(child, 'spawn')
  child.unref()
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (identity === undefined) throw new Error('Caddy ended at once')
  return identity
}

/** Starts Caddy in a session of its own: it outlives this process. Its id stays the same, as only exec is called. */
export const spawnCaddy = async (layout: CaddyLayout, identity: Identity): Promise<ProcessIdentity> => {
  const log = await open(layout.startLog, 'w', 0o640)
  try {
    const child = spawn('setpriv', renderCommand(identity, layout.config), {
      detached: true,
      cwd: '/',
      stdio: ['ignore', log.fd, log.fd],
      env: { ...PROGRAM_ENVIRONMENT, HOME: layout.storage },
    })
    return await spawned(child)
  } finally {
    await log.close()
  }
}

/** Lets it finish its requests, for 15 s or until `signal` aborts. */
export const endCaddy = async (clock: Clock, running: ProcessIdentity, signal: AbortSignal): Promise<void> => {
  const isGone = () => !isAlive(running) || undefined
  if (isAlive(running)) endProcess(running.pid, 'SIGTERM')
  await poll(clock, patience, () => isGone() ?? (signal.aborted || undefined))
  if (isAlive(running)) endProcess(running.pid, 'SIGKILL')
  if (!(await poll(clock, patience, isGone))) throw new Error(`Caddy (process ${running.pid}) does not end`)
}

const listenOnce = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, () => server.close(() => resolve()))
  })

/** Two of Caddy would share their ports without a word, each with its own sites, so they are tried before. */
export const refuseTakenPorts = async (ports: readonly number[]): Promise<void> => {
  for (const port of ports) {
    await listenOnce(port).catch((cause: unknown) => {
      throw new Error(`Caddy does not start: port ${port} is taken by another program`, { cause })
    })
  }
}
