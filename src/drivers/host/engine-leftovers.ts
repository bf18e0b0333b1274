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

const parentOf = (pid: number): number | undefined => {
  const line = (readKernelFile(`/proc/${pid}/status`) ?? '').split('\n').find((text) => text.startsWith('PPid:'))
  return line === undefined ? undefined : Number(line.slice('PPid:'.length))
}

/** A shim keeps a container's output and exit code, and calls runc for it. */
const servesContainer = (pid: number): boolean => {
  const parent = parentOf(pid)
  return isShim(pid) || (parent !== undefined && isShim(parent))
}

/**
 * Ends what a dockerd has left in the engine's leaf: its containerd, and helpers it was waiting for. The holder stays,
 * and so do the containers and what serves them.
 */
export const endLeftovers = async (
  clock: Clock,
  listProcesses: () => readonly number[],
  holder: number | undefined,
): Promise<void> => {
  const ended = await poll(clock, PATIENCE, () => {
    const leftovers = listProcesses().filter((pid) => pid !== holder && !servesContainer(pid) && identify(pid))
    if (leftovers.length === 0) return true
    for (const pid of leftovers) endProcess(pid)
    return undefined
  })
  if (!ended) throw new Error(`processes in the engine's control group outlive SIGKILL: ${listProcesses().join(', ')}`)
}
