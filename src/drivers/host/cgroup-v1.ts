import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { WaitingError } from '../../ports/errors.ts'
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
import { readIoV1, writeIoV1 } from './io-limits-v1.ts'
import { errorCode, offerKernelFile, readKernelFile, writeKernelFile } from './kernel-files.ts'

const NEEDED = ['cpu', 'memory', 'pids']
/**
 * The kernel applies a limit of this controller to a group's own processes and not to groups below it. So a tenant gets
 * no mount of it: its engine then makes no groups in it, and everything stays in the one that the engine was started in.
 */
const IO = 'blkio'
const RECLAIM_AGAIN_MS = 30_000

/** Directories of the mounted controllers below `root`: links such as `cpu` to `cpu,cpuacct` are followed once. */
const findControllers = (root: string): readonly string[] =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'tasks')))
    .map((entry) => entry.name)

/** A cpuset without CPUs or memory nodes takes no process: cpuset(7). */
const fillCpuset = (directory: string): void => {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readKernelFile(join(directory, file)) !== '') continue
    writeKernelFile(join(directory, file), readKernelFile(join(directory, '..', file)) ?? '')
  }
}

/** Before Linux 5.11 a group's memory limit held for its children only if this was set before there were any. */
const countChildren = (directory: string): void => {
  const file = join(directory, 'memory.use_hierarchy')
  if (readKernelFile(file) === '0') writeKernelFile(file, '1')
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / (1024 * 1024))} MiB`

const writeIfChanged = async (path: string, value: number): Promise<void> => {
  const current = readKernelFile(path)
  if (current === undefined || parseLimit(current) === parseLimit(`${value}`)) return
  await offerKernelFile(path, `${value}`)
}

/** Lowers the group's quota to `millis` of a CPU, in its own period; never raises it. */
const lowerQuota = async (directory: string, millis: number): Promise<void> => {
  const quota = parseLimit(readKernelFile(join(directory, 'cpu.cfs_quota_us')) ?? '-1')
  const period = Number(readKernelFile(join(directory, 'cpu.cfs_period_us')) ?? CPU_PERIOD_US)
  if (Number.isFinite(quota) && cpuMillis(quota, period) > millis)
    await writeIfChanged(join(directory, 'cpu.cfs_quota_us'), Math.floor((millis * period) / 1000))
}

/**
 * The kernel refuses a quota that a group below exceeds (sched_cfs_schedulable in kernel/sched/core.c), so those are
 * lowered first. Containers get what their specs say by an update of their own.
 */
const writeCpuLimit = async (directory: string, millis: number): Promise<void> => {
  const below = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => b.length - a.length)
  for (const group of below) await lowerQuota(group, millis)
  await writeIfChanged(join(directory, 'cpu.cfs_period_us'), CPU_PERIOD_US)
  await writeIfChanged(join(directory, 'cpu.cfs_quota_us'), cpuQuota(millis))
}

/** Memory and swap together may never be below memory alone, so the order depends on the direction. */
const writeMemoryLimit = async (directory: string, bytes: number): Promise<void> => {
  const memory = join(directory, 'memory.limit_in_bytes')
  const both = join(directory, 'memory.memsw.limit_in_bytes')
  const raising = bytes >= parseLimit(readKernelFile(both) ?? '0')
  try {
    for (const file of raising ? [both, memory] : [memory, both]) await writeIfChanged(file, bytes)
  } catch (error) {
    if (errorCode(error) !== 'EBUSY') throw error
    const used = readKernelFile(join(directory, 'memory.usage_in_bytes'))
    const message = `the memory limit can't be lowered to ${mebibytes(bytes)}: ${mebibytes(Number(used))} are in use, and too little of it can be reclaimed; raise limits.memory, or take services away`
    throw new WaitingError('MemoryInUse', message, RECLAIM_AGAIN_MS, { cause: error })
  }
}

/**
 * Control groups of version 1: one hierarchy per controller, all with the same tree.
 * @throws Error when the CPU, memory or pids controller is not mounted.
 */
export const createCgroupV1 = (root: string): CgroupHierarchy => {
  const controllers = findControllers(root)
  const missing = NEEDED.filter((name) => !existsSync(join(root, name, 'tasks')))
  if (missing.length > 0) throw new Error(`no cgroup controller ${missing.join(', ')} is mounted below ${root}`)
  const directories = (group: string) => controllers.map((controller) => join(root, controller, group))
  const ioDirectory = (tenantGroup: string) => join(root, IO, tenantGroup, ENGINE_LEAF)
  const limitsIo = existsSync(join(root, IO, 'blkio.throttle.read_bps_device'))

  return {
    directories,
    limitDirectories: (tenantGroup) =>
      controllers.map((controller) =>
        controller === IO ? ioDirectory(tenantGroup) : join(root, controller, tenantGroup),
      ),
    memberDirectories: (group) => NEEDED.map((controller) => join(root, controller, group)),
    limitsIo,
    withheldMounts: limitsIo ? [join(root, IO)] : [],
    readIo: (tenantGroup, disk) => readIoV1(ioDirectory(tenantGroup), disk),
    writeIo: (tenantGroup, disk, io) => writeIoV1(ioDirectory(tenantGroup), disk, io),
    countsSwap: (group) => existsSync(join(root, 'memory', group, 'memory.memsw.limit_in_bytes')),
    writeMemoryLimit: (group, bytes) => writeMemoryLimit(join(root, 'memory', group), bytes),

    make(group) {
      for (const level of ancestry(group))
        for (const directory of directories(level)) {
          mkdirSync(directory, { recursive: true, mode: 0o755 })
          fillCpuset(directory)
          if (level === group.split('/')[0]) countChildren(directory)
        }
    },

    readLimits(group) {
      const read = (controller: string, file: string) => readKernelFile(join(root, controller, group, file))
      const memory = read('memory', 'memory.limit_in_bytes')
      const pids = read('pids', 'pids.max')
      const quota = read('cpu', 'cpu.cfs_quota_us')
      const period = read('cpu', 'cpu.cfs_period_us')
      if (memory === undefined || pids === undefined || quota === undefined || period === undefined) return 'absent'
      // Kernels without swap accounting have no such file. Where it allows more, the group isn't as it should be.
      const both = read('memory', 'memory.memsw.limit_in_bytes') ?? memory
      return {
        cpuMillis: cpuMillis(parseLimit(quota), Number(period)),
        memoryBytes: Math.max(parseLimit(memory), parseLimit(both)),
        pids: parseLimit(pids),
      }
    },

    readMemoryKills: (group) => parseMemoryKills(readKernelFile(join(root, 'memory', group, 'memory.oom_control'))),

    async writeLimits(group, limits) {
      await writeCpuLimit(join(root, 'cpu', group), limits.cpuMillis)
      await writeIfChanged(join(root, 'pids', group, 'pids.max'), limits.pids)
      await writeMemoryLimit(join(root, 'memory', group), limits.memoryBytes)
    },

    delegate(tenantGroup, to) {
      const given = controllers.filter((controller) => controller !== IO)
      for (const directory of given.map((controller) => join(root, controller, tenantGroup, SERVICES_LEAF)))
        for (const path of [directory, join(directory, 'cgroup.procs'), join(directory, 'tasks')]) handOver(path, to)
    },

    kill(group, pids) {
      // While frozen nothing can fork away from the list; the signals take effect at the thaw.
      const freezer = join(root, 'freezer', group, 'freezer.state')
      const canFreeze = existsSync(freezer)
      if (canFreeze) writeKernelFile(freezer, 'FROZEN')
      for (const pid of pids) endProcess(pid)
      if (canFreeze) writeKernelFile(freezer, 'THAWED')
    },
  }
}
