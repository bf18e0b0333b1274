import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  ancestry,
  type CgroupHierarchy,
  CPU_PERIOD_US,
  cpuMillis,
  cpuQuota,
  ENGINE_LEAF,
  handOver,
  parseLimit,
  parseMemoryKills,
  SERVICES_LEAF,
} from './cgroup-hierarchy.ts'
import { endProcess } from './end-process.ts'
import { readIoV2, writeIoV2 } from './io-limits-v2.ts'
import { readKernelFile, writeKernelFile, writeSlowKernelFile } from './kernel-files.ts'

const NEEDED = ['cpu', 'memory', 'pids']
/** Used where the kernel has them. */
const WELCOME = ['cpuset', 'io']
/** What moving and dividing takes, and no limit: kernel documentation, cgroup-v2, "Model of Delegation". */
const DELEGATED_FILES = ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads']

const words = (text: string | undefined): readonly string[] => (text ?? '').split(/\s+/).filter((word) => word !== '')

/** Lets the children of a directory be limited. A controller must be enabled from the root down. */
const enableControllers = (directory: string): void => {
  const available = new Set(words(readKernelFile(join(directory, 'cgroup.controllers'))))
  const missing = NEEDED.filter((name) => !available.has(name))
  if (missing.length > 0) throw new Error(`the cgroup controllers ${missing.join(', ')} are missing in ${directory}`)
  const enabled = new Set(words(readKernelFile(join(directory, 'cgroup.subtree_control'))))
  const wanted = [...NEEDED, ...WELCOME].filter((name) => available.has(name) && !enabled.has(name))
  if (wanted.length === 0) return
  writeKernelFile(join(directory, 'cgroup.subtree_control'), wanted.map((name) => `+${name}`).join(' '))
}

const writeIfChanged = async (path: string, value: string): Promise<void> => {
  const current = readKernelFile(path)
  if (current === undefined || current === value) return
  await writeSlowKernelFile(path, value)
}

/** Control groups of version 2: one tree for all controllers, mounted at `root`. */
export const createCgroupV2 = (root: string): CgroupHierarchy => {
  const directory = (group: string) => join(root, group)
  const writeMemoryLimit = async (group: string, bytes: number): Promise<void> => {
    await writeIfChanged(join(directory(group), 'memory.swap.max'), '0')
    await writeIfChanged(join(directory(group), 'memory.max'), `${bytes}`)
  }

  return {
    directories: (group) => [directory(group)],
    limitDirectories: (tenantGroup) => [directory(tenantGroup)],
    memberDirectories: (group) => [directory(group)],
    limitsIo: words(readKernelFile(join(root, 'cgroup.controllers'))).includes('io'),
    withheldMounts: [],
    readIo: (tenantGroup, disk) => readIoV2(directory(tenantGroup), disk),
    writeIo: (tenantGroup, disk, io) => writeIoV2(directory(tenantGroup), disk, io),
    countsSwap: (group) => existsSync(join(directory(group), 'memory.swap.max')),
    writeMemoryLimit,

    make(group) {
      let parent = root
      for (const level of ancestry(group)) {
        enableControllers(parent)
        parent = directory(level)
        mkdirSync(parent, { recursive: true, mode: 0o755 })
      }
    },

    readLimits(group) {
      const read = (file: string) => readKernelFile(join(directory(group), file))
      const [quota, period] = words(read('cpu.max'))
      const memory = read('memory.max')
      const pids = read('pids.max')
      if (quota === undefined || period === undefined || memory === undefined || pids === undefined) return 'absent'
      // Kernels without swap have no such file. Where it allows more, the group isn't as it should be.
      const swap = read('memory.swap.max') ?? '0'
      return {
        cpuMillis: cpuMillis(parseLimit(quota), Number(period)),
        memoryBytes: parseLimit(memory) + parseLimit(swap),
        pids: parseLimit(pids),
      }
    },

    readMemoryKills: (group) => parseMemoryKills(readKernelFile(join(directory(group), 'memory.events'))),

    async writeLimits(group, limits) {
      const path = (file: string) => join(directory(group), file)
      await writeIfChanged(path('cpu.max'), `${cpuQuota(limits.cpuMillis)} ${CPU_PERIOD_US}`)
      await writeIfChanged(path('pids.max'), `${limits.pids}`)
      await writeMemoryLimit(group, limits.memoryBytes)
    },

    delegate(tenantGroup, to) {
      enableControllers(directory(`${tenantGroup}/${SERVICES_LEAF}`))
      // The tenant's own directory too: a move from one leaf to another needs a common ancestor that may be written.
      for (const group of [tenantGroup, `${tenantGroup}/${ENGINE_LEAF}`, `${tenantGroup}/${SERVICES_LEAF}`])
        for (const path of [directory(group), ...DELEGATED_FILES.map((file) => join(directory(group), file))])
          handOver(path, to)
    },

    kill(group, pids) {
      // Since Linux 5.14; leaves nothing behind, whatever forks.
      const killFile = join(directory(group), 'cgroup.kill')
      if (existsSync(killFile)) return writeKernelFile(killFile, '1')
      for (const pid of pids) endProcess(pid)
    },
  }
}
