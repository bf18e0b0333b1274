import { chownSync, statSync } from 'node:fs'
import type { IoLimits, ServiceLimits } from '../../plan/resources.ts'

/** The host's ids that a group is handed over to. */
export interface Delegate {
  readonly uid: number
  readonly gid: number
}

/** Leaf of the tenant's group that holds the holder, dockerd and what dockerd starts. */
export const ENGINE_LEAF = 'engine'
/** The group below which the engine makes one group per container. */
export const SERVICES_LEAF = 'services'

/** What the drivers need of the kernel's control groups. A group is a path such as `palisade/alice`, without a root. */
export interface CgroupHierarchy {
  /** The directories that together are the group: one per mounted hierarchy. They need not exist. */
  directories(group: string): readonly string[]
  /** Where a tenant's limits stand, one directory per hierarchy. */
  limitDirectories(tenantGroup: string): readonly string[]
  /** Makes the group, and its parents, able to hold processes and to be limited. */
  make(group: string): void
  /** Infinity where nothing limits. */
  readLimits(group: string): 'absent' | ServiceLimits
  /** Processes that were ended because the group's memory was at its limit. Undefined when there is no such group. */
  readMemoryKills(group: string): number | undefined
  /** Sets what differs. Memory bounds memory and swap together. */
  writeLimits(group: string, limits: ServiceLimits): Promise<void>
  /** Sets the one limit, where it differs. Memory and swap together. */
  writeMemoryLimit(group: string, bytes: number): Promise<void>
  /** Whether what is swapped out counts toward {@link writeMemoryLimit}. */
  countsSwap(group: string): boolean
  /** Whether the kernel can limit what a tenant does to disks. */
  readonly limitsIo: boolean
  /** For the whole tenant, on a disk as `major:minor`. */
  readIo(tenantGroup: string, disk: string): IoLimits
  writeIo(tenantGroup: string, disk: string, io: IoLimits): void
  /** Mounts of the kernel's that a tenant must not have: what it starts stays in the groups that it was started in. */
  readonly withheldMounts: readonly string[]
  /** Directories whose processes are those of the group; the other ones may hold more. */
  memberDirectories(group: string): readonly string[]
  /** Lets the tenant's engine move its processes into groups below `services`, and limit these, but not raise its own. */
  delegate(tenantGroup: string, to: Delegate): void
  /** Sends SIGKILL once to all of the processes; others may have come by then. */
  kill(group: string, pids: readonly number[]): void
}

/** Microseconds over which the kernel shares out CPU time; Docker's choice too. */
export const CPU_PERIOD_US = 100_000

export const cpuQuota = (cpuMillis: number): number => Math.round((cpuMillis * CPU_PERIOD_US) / 1000)

export const cpuMillis = (quotaUs: number, periodUs: number): number => Math.round((quotaUs * 1000) / periodUs)

/** A number as the kernel prints it; `max`, `-1` and what stands for no limit in cgroup v1 become Infinity. */
export const parseLimit = (text: string): number => {
  const value = text === 'max' ? Number.POSITIVE_INFINITY : Number(text)
  return value < 0 || value > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : value
}

/** The count of ended processes in a file of `name value` lines, as both versions of control groups have it. */
export const parseMemoryKills = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)

/** `a/b/c` as `a`, `a/b`, `a/b/c`. */
export const ancestry = (group: string): readonly string[] => {
  const names = group.split('/')
  return names.map((_, index) => names.slice(0, index + 1).join('/'))
}

/** Makes `to` the owner of a path, with no call that changes anything when it is already. */
export const handOver = (path: string, to: Delegate): void => {
  const { uid, gid } = statSync(path)
  if (uid !== to.uid || gid !== to.gid) chownSync(path, to.uid, to.gid)
}
