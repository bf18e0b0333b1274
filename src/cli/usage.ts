import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { detectCgroups } from '../drivers/host/cgroups.ts'
import { readKernelFile } from '../drivers/host/kernel-files.ts'

/** What a tenant uses at this moment, as the kernel counts it; what could not be read is missing. */
export interface Usage {
  readonly memoryBytes?: number
  readonly pids?: number
  /** Seconds of CPU since the group was made. */
  readonly cpuSeconds?: number
}

/** The number in the first of the files that there is, of cgroup v2 or v1. */
const readNumber = (directories: readonly string[], ...files: readonly string[]): number | undefined => {
  const paths = directories.flatMap((directory) => files.map((file) => join(directory, file)))
  const text = paths
    .filter((path) => existsSync(path))
    .map(readKernelFile)
    .find((content) => content !== undefined)
  const value = Number(/^(?:usage_usec )?(\d+)/.exec(text ?? '')?.[1])
  return Number.isNaN(value) ? undefined : value
}

/** Undefined when the tenant has no control group, or the kernel can't be asked. */
export const readUsage = (cgroupRoot: string, group: string): Usage | undefined => {
  try {
    const directories = detectCgroups(cgroupRoot).directories(group)
    const memoryBytes = readNumber(directories, 'memory.current', 'memory.usage_in_bytes')
    const pids = readNumber(directories, 'pids.current')
    const micros = readNumber(directories, 'cpu.stat')
    const nanos = readNumber(directories, 'cpuacct.usage')
    const cpuSeconds = nanos === undefined ? micros && micros / 1e6 : nanos / 1e9
    if (memoryBytes === undefined && pids === undefined) return undefined
    return {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(pids === undefined ? {} : { pids }),
      ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
    }
  } catch {
    return undefined
  }
}
