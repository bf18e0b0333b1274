import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { Clock } from '../../ports/store.ts'
import { endProcess } from './end-process.ts'
import { poll } from './poll.ts'
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts'
import { PROGRAM_ENVIRONMENT } from './program.ts'
import type { Identity } from './server-user.ts'

const patience = { timeoutMs: 15_000, intervalMs: 50 }

/** A server that goes on without this process. */
export interface ServerCommand {
  readonly identity: Identity
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]]
  /** File for what it says on its standard output and error. */
  readonly log: string
  readonly home: string
}

/** Ports below 1024 are all that is left to it of root's rights. */
const asServer = ({ uid, gid }: Identity, command: readonly string[]): string[] => [
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--clear-groups',
  '--inh-caps=-all,+net_bind_service',
  '--ambient-caps=-all,+net_bind_service',
  '--bounding-set=-all,+net_bind_service',
  '--no-new-privs',
  '--',
  ...command,
]

const spawned = async (child: ChildProcess, name: string): Promise<ProcessIdentity> => {
  await once(child, 'spawn')
  child.unref()
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (identity === undefined) throw new Error(`${name} ended at once`)
  return identity
}

/** Starts a server in a session of its own: it outlives this process. Its id stays the same, as only exec is called. */
export const spawnServer = async ({ identity, command, log, home }: ServerCommand): Promise<ProcessIdentity> => {
  const output = await open(log, 'w', 0o640)
  try {
    const child = spawn('setpriv', asServer(identity, command), {
      detached: true,
      cwd: '/',
      stdio: ['ignore', output.fd, output.fd],
      env: { ...PROGRAM_ENVIRONMENT, HOME: home },
    })
    return await spawned(child, command[0])
  } finally {
    await output.close()
  }
}

/** Lets it finish what it does, for 15 s or until `signal` aborts. */
export const endServer = async (
  clock: Clock,
  name: string,
  running: ProcessIdentity,
  signal: AbortSignal,
): Promise<void> => {
  const isGone = () => !isAlive(running) || undefined
  if (isAlive(running)) endProcess(running.pid, 'SIGTERM')
  await poll(clock, patience, () => isGone() ?? (signal.aborted || undefined))
  if (isAlive(running)) endProcess(running.pid, 'SIGKILL')
  if (!(await poll(clock, patience, isGone))) throw new Error(`${name} (process ${running.pid}) does not end`)
}
