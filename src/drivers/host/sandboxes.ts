import type { ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Allocation } from '../../plan/resources.ts'
import { type HostSettings, tenantLayout } from '../../plan/settings.ts'
import type { Sandboxes } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import type { TenantCgroups } from './cgroups.ts'
import { endProcess } from './end-process.ts'
import { launch } from './launch.ts'
import { poll } from './poll.ts'
import { identify, isAlive, readLiving, removeIdentity, writeIdentity } from './process-identity.ts'

const START_PATIENCE = { timeoutMs: 15_000, intervalMs: 2 }
const END_PATIENCE = { timeoutMs: 10_000, intervalMs: 2 }

/** Where the directory of the engine's socket is seen inside the sandbox. */
export const ENGINE_DIRECTORY_INSIDE = '/run/palisade'
/** Read by any dockerd, also when told to take another file: older ones keep a key there. Hidden by the holder. */
const ENGINE_SETTINGS = '/etc/docker'
const TEMPORARY_DIRECTORIES = ['/tmp', '/var/tmp']

export interface SandboxesOptions {
  readonly settings: HostSettings
  readonly cgroups: TenantCgroups
  readonly clock: Clock
  readonly libexecDirectory: string
}

/** Directories that each tenant gets an empty one of; not those that hold the tenants' own trees. */
const privateDirectories = ({ dataRoot }: HostSettings): readonly string[] =>
  TEMPORARY_DIRECTORIES.filter((directory) => existsSync(directory) && !`${dataRoot}${sep}`.startsWith(directory + sep))

/** As the tenant's user from the start, so that what is in the namespaces was never root of the host. */
const holderEntry = ({ uid, gid }: Allocation, withhold: readonly string[]): readonly string[] => [
  ...withhold,
  'setpriv',
  ...['--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups', '--'],
  'unshare',
  ...['--user', '--map-root-user', '--map-auto', '--net', '--mount', '--propagation', 'slave', '--'],
]

/** In a namespace between the host's and the tenant's: what was mounted outside, nobody in a tenant can unmount. */
const withholding = (mounts: readonly string[], libexecDirectory: string): readonly string[] => [
  ...['unshare', '--mount', '--propagation', 'slave', '--'],
  ...[join(libexecDirectory, 'withhold'), ...mounts, '--'],
]

/** Waits until the holder has set up its namespaces. Its output ends there: what it becomes writes nowhere. */
const awaitReady = async (clock: Clock, holder: ChildProcess): Promise<void> => {
  let output = ''
  let complaint = ''
  let failure: Error | undefined
  holder.stdout?.on('data', (chunk) => {
    output += chunk
  })
  holder.stderr?.on('data', (chunk) => {
    complaint += chunk
  })
  holder.on('error', (error) => {
    failure = error
  })
  holder.on('close', (code, signal) => {
    failure ??= new Error(`it ended with ${code ?? signal}`)
  })
  const ready = await poll(clock, START_PATIENCE, () => failure ?? (output.includes('ready\n') ? true : undefined))
  if (ready === true) return
  throw new Error(`the sandbox did not start: ${complaint.trim() || failure?.message || 'no answer'}`, {
    cause: failure,
  })
}

/** Sandboxes by a holder process per tenant. */
export const createSandboxes = ({ settings, cgroups, clock, libexecDirectory }: SandboxesOptions): Sandboxes => {
  const readHolder = (account: string) => readLiving(tenantLayout(settings, account).holderFile)

  const prepareRunDirectory = (account: string, { uid, gid }: Allocation): string => {
    const { run, engineSocket } = tenantLayout(settings, account)
    const engineDirectory = dirname(engineSocket)
    mkdirSync(run, { recursive: true, mode: 0o711 })
    mkdirSync(engineDirectory, { recursive: true, mode: 0o700 })
    chmodSync(engineDirectory, 0o700)
    chownSync(engineDirectory, uid, gid)
    return engineDirectory
  }

  /** The group holds them all, except when it was taken away from under them. */
  const endEverything = async (account: string): Promise<void> => {
    await cgroups.endProcesses(account)
    const { holderFile, engineFile } = tenantLayout(settings, account)
    for (const file of [engineFile, holderFile]) {
      const living = readLiving(file)
      if (living) endProcess(living.pid)
      const ended = await poll(clock, END_PATIENCE, () => (living && isAlive(living) ? undefined : true))
      if (!ended) throw new Error(`process ${living?.pid} of ${account} outlives SIGKILL`)
      removeIdentity(file)
    }
  }

  return {
    async observe(account) {
      const holder = readHolder(account)
      return holder ? { pid: holder.pid } : 'absent'
    },

    async start(account, allocation) {
      if (readHolder(account)) return
      // What has outlived a former holder lives in namespaces that nothing leads into any more.
      await endEverything(account)
      mkdirSync(ENGINE_SETTINGS, { recursive: true })
      const holder = launch({
        libexecDirectory,
        processFiles: cgroups.processFiles(account),
        entry: holderEntry(allocation, withholding(cgroups.withheldMounts, libexecDirectory)),
        script: 'holder',
        scriptArguments: [ENGINE_DIRECTORY_INSIDE, ...privateDirectories(settings)],
        workingDirectory: prepareRunDirectory(account, allocation),
        output: 'pipe',
      })
      try {
        await awaitReady(clock, holder)
      } catch (error) {
        await cgroups.endProcesses(account)
        throw error
      }
      const identity = identify(holder.pid ?? 0)
      if (!identity) throw new Error(`the sandbox of ${account} ended as soon as it was ready`)
      writeIdentity(tenantLayout(settings, account).holderFile, identity)
    },

    async stop(account) {
      await endEverything(account)
      rmSync(tenantLayout(settings, account).run, { recursive: true, force: true })
    },
  }
}
