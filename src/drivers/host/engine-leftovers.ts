import type { Clock } from '../../ports/store.ts'
import { endProcess } from './end-process.ts'
import { readKernelFile } from './kernel-files.ts'
import { poll } from './poll.ts'
import { identify } from './process-identity.ts'

const PATIENCE = { timeoutMs: 10_000, intervalMs: 5 }
/** As the kernel keeps it: the first 15 characters, of `containerd-shim-runc-v2`. */
const SHIM = 'containerd-shim'

export const isContainerd = (pid: number): boolean => readKernelFile(`/proc/${pid}/comm`) === 'containerd'

const isShim = (pid: number): boolean => readKernelFile(`/proc/${pid}/comm`) === SHIM

/** The container's id among the arguments `-id ID` of a shim. */
const containerOf = (shim: number): string | undefined => {
  const words = (readKernelFile(`/proc/${shim}/cmdline`) ?? '').split('\0')
  const flag = words.indexOf('-id')
  return flag === -1 ? undefined : words[flag + 1]
}

const parentOf = (pid: number): number | undefined => {
  const line = (readKernelFile(`/proc/${pid}/status`) ?? '').split('\n').find((text) => text.startsWith('PPid:'))
  return line === undefined ? undefined : Number(line.slice('PPid:'.length))
}

/** runc before it becomes the container's own program: `runc:[2:INIT]` and its stages before. */
const isUnstarted = (pid: number): boolean => readKernelFile(`/proc/${pid}/comm`)?.startsWith('runc:[') ?? true

/** What the processes of a tenant's engine are asked of. */
export interface EngineGroup {
  /** Ids of what lives in the engine's leaf. */
  readonly engineProcesses: () => readonly number[]
  /** Ids of what lives in a container's group. */
  readonly serviceProcesses: (containerId: string) => readonly number[]
  readonly holder: number | undefined
}

/** A shim keeps a container's output and exit code, and calls runc for it. */
const shimOf = (pid: number): number | undefined => {
  if (isShim(pid)) return pid
  const parent = parentOf(pid)
  return parent !== undefined && isShim(parent) ? parent : undefined
}

const leftoversOf = ({ engineProcesses, serviceProcesses, holder }: EngineGroup): readonly number[] =>
  engineProcesses()
    .filter((pid) => pid !== holder && identify(pid))
    .flatMap((pid) => {
      const shim = shimOf(pid)
      const container = shim === undefined ? undefined : containerOf(shim)
      if (container === undefined) return [pid]
      const served = serviceProcesses(container)
      return served.every(isUnstarted) ? [pid, ...served] : []
    })

/**
 * Ends what a dockerd has left: its containerd, helpers it was waiting for, and what it was just starting. Of a
 * container that never came to run the next engine would say that it exists already, each time it shall start it. The
 * holder stays, and so do the containers and what serves them.
 */
export const endLeftovers = async (clock: Clock, group: EngineGroup): Promise<void> => {
  const ended = await poll(clock, PATIENCE, () => {
    const leftovers = leftoversOf(group)
    if (leftovers.length === 0) return true
    for (const pid of leftovers) endProcess(pid)
    return undefined
  })
  if (!ended) throw new Error(`processes of an engine outlive SIGKILL: ${leftoversOf(group).join(', ')}`)
}
