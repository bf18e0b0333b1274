import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Transferred, Usage } from '../../ports/usage.ts'
import { detectCgroups } from './cgroups.ts'
import { readKernelFile } from './kernel-files.ts'

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

/** Bytes through the host's interfaces, by name, as seen by what is behind each: what the host sends goes in there. */
export const parseTransferred = (table: string): ReadonlyMap<string, Transferred> => {
  const transferred = new Map<string, Transferred>()
  for (const line of table.split('\n')) {
    const [, name, counters = ''] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? []
    // Eight numbers of what was received come before those of what was sent: proc_pid_net(5), `dev`.
    const [received, , , , , , , , sent] = counters.split(/\s+/).map(Number)
    if (name !== undefined && received !== undefined && sent !== undefined)
      transferred.set(name, { in: sent, out: received })
  }
  return transferred
}

/** One read for all interfaces; empty when the kernel can't be asked. */
export const readTransferred = (): ReadonlyMap<string, Transferred> =>
  parseTransferred(readKernelFile('/proc/net/dev') ?? '')

/** By account, of the accounts whose NICs are given. */
export const readUsages = (
  cgroupRoot: string,
  instance: string,
  interfaces: ReadonlyMap<string, string>,
): ReadonlyMap<string, Usage> => {
  const transferred = readTransferred()
  return new Map(
    [...interfaces].map(([account, name]) => {
      const bytes = transferred.get(name)
      const usage = readUsage(cgroupRoot, `${instance}/${account}`)
      return [account, { ...usage, ...(bytes && { transferred: bytes }) }]
    }),
  )
}
