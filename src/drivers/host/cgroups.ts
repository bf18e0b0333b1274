import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { servicesMemory } from '../../plan/engine-reserve.ts'
import type { ServiceLimits, TenantLimits } from '../../plan/resources.ts'
import type { Cgroups } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import { type CgroupHierarchy, ENGINE_LEAF, SERVICES_LEAF } from './cgroup-hierarchy.ts'
import { createCgroupV1 } from './cgroup-v1.ts'
import { createCgroupV2 } from './cgroup-v2.ts'
import type { Disks } from './disks.ts'
import { errorCode, isAbsent, readKernelFile } from './kernel-files.ts'
import { poll } from './poll.ts'
import { observeSwapAccounting } from './swap-accounting.ts'
import { createTenantIo } from './tenant-io.ts'

const END_PATIENCE = { timeoutMs: 20_000, intervalMs: 2 }
const CONTAINER_ID = /^[0-9a-f]{64}$/
const GROUP_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

/** The port, and what the drivers beside it need to put processes into a tenant's groups and to end them. */
export interface TenantCgroups extends Cgroups {
  /** Files into which a process of the host's root writes itself, all of them, to live in the tenant's engine leaf. */
  processFiles(account: string): readonly string[]
  /** Ids of what lives in the engine leaf. */
  engineProcesses(account: string): readonly number[]
  /** Ids of what lives in the group of a container; none when there is no such group. */
  serviceProcesses(account: string, containerId: string): readonly number[]
  /**
   * Ends every process of the tenant, and returns when none is left.
   * @throws Error when one outlives SIGKILL, as one does that waits for a disk.
   */
  endProcesses(account: string): Promise<void>
  /** The directories that hold the tenant's limits. */
  directories(account: string): readonly string[]
  /** Mounts that a tenant's sandbox must not have. */
  readonly withheldMounts: readonly string[]
  /** Value of dockerd's `--cgroup-parent`. */
  servicesParent(account: string): string
}

export interface CgroupsOptions {
  readonly instance: string
  readonly hierarchy: CgroupHierarchy
  readonly clock: Clock
  /** What the tenants' trees are on. */
  readonly disks: () => Disks
  /** Usually `/proc`. */
  readonly procRoot: string
}

/**
 * The host's version of control groups, told by what is mounted at `root`, usually `/sys/fs/cgroup`.
 * @throws Error when a controller that every tenant needs is missing.
 */
export const detectCgroups = (root: string): CgroupHierarchy =>
  existsSync(join(root, 'cgroup.controllers')) ? createCgroupV2(root) : createCgroupV1(root)

const childDirectories = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(directory, entry.name))
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

const readProcesses = (directory: string): readonly number[] =>
  (readKernelFile(join(directory, 'cgroup.procs')) ?? '')
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0)

/** Ids of what lives in a group's directory and in those below it. */
export const processesBelow = (directory: string): readonly number[] => [
  ...readProcesses(directory),
  ...childDirectories(directory).flatMap(processesBelow),
]

/** False when the group has processes, or groups below it, or is still busy with ending them. */
const removeGroup = (directory: string): boolean => {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    if (isAbsent(error)) return true
    if (errorCode(error) === 'EBUSY' || errorCode(error) === 'ENOTEMPTY') return false
    throw error
  }
}

/** Removes a tree of groups from its leaves up, as far as it goes. */
const removeGroups = (directory: string): boolean =>
  childDirectories(directory).every(removeGroups) && removeGroup(directory)

export const createCgroups = ({ instance, hierarchy, clock, disks, procRoot }: CgroupsOptions): TenantCgroups => {
  const io = createTenantIo(hierarchy, disks)
  const groupOf = (account: string): string => {
    for (const name of [instance, account])
      if (!GROUP_NAME.test(name)) throw new RangeError(`${JSON.stringify(name)} can't name a control group`)
    return `${instance}/${account}`
  }
  const leavesOf = (account: string) => [`${groupOf(account)}/${ENGINE_LEAF}`, `${groupOf(account)}/${SERVICES_LEAF}`]

  const processesOf = (account: string): readonly number[] => [
    ...new Set(hierarchy.directories(groupOf(account)).flatMap(processesBelow)),
  ]

  const endProcesses = async (account: string): Promise<void> => {
    const ended = await poll(clock, END_PATIENCE, () => {
      const pids = processesOf(account)
      if (pids.length === 0) return true
      hierarchy.kill(groupOf(account), pids)
      return undefined
    })
    if (!ended) throw new Error(`processes of ${account} outlive SIGKILL: ${processesOf(account).join(', ')}`)
  }

  return {
    endProcesses,
    directories: (account) => hierarchy.limitDirectories(groupOf(account)),

    async observe(account) {
      const leaves = leavesOf(account).flatMap((leaf) => hierarchy.directories(leaf))
      if (!leaves.every((leaf) => existsSync(leaf))) return 'absent'
      const total = hierarchy.readLimits(groupOf(account))
      const services = hierarchy.readLimits(`${groupOf(account)}/${SERVICES_LEAF}`)
      if (total === 'absent' || services === 'absent') return 'absent'
      return services.memoryBytes === servicesMemory(total.memoryBytes) ? total : 'incomplete'
    },

    observeIo: async (account) => io.observe(groupOf(account)),
    limitIo: async (account, limits) => io.limit(groupOf(account), limits),
    observeSwap: async (account) => observeSwapAccounting(hierarchy, groupOf(account), procRoot),

    async observeServices(account, containerIds) {
      const parent = `${groupOf(account)}/${SERVICES_LEAF}`
      const observed = new Map<string, ServiceLimits>()
      for (const id of containerIds.filter((candidate) => CONTAINER_ID.test(candidate))) {
        const limits = hierarchy.readLimits(`${parent}/${id}`)
        if (limits !== 'absent') observed.set(id, limits)
      }
      return observed
    },

    async observeMemoryKills(account, containerIds) {
      const parent = `${groupOf(account)}/${SERVICES_LEAF}`
      const observed = new Map<string, number>()
      for (const id of containerIds.filter((candidate) => CONTAINER_ID.test(candidate))) {
        const kills = hierarchy.readMemoryKills(`${parent}/${id}`)
        if (kills !== undefined) observed.set(id, kills)
      }
      return observed
    },

    async ensure(account, allocation, limits: TenantLimits) {
      hierarchy.make(groupOf(account))
      await hierarchy.writeLimits(groupOf(account), limits)
      for (const leaf of leavesOf(account)) hierarchy.make(leaf)
      await hierarchy.writeMemoryLimit(`${groupOf(account)}/${SERVICES_LEAF}`, servicesMemory(limits.memoryBytes))
      hierarchy.delegate(groupOf(account), allocation)
    },

    async drop(account) {
      await endProcesses(account)
      const directories = hierarchy.directories(groupOf(account))
      const removed = await poll(clock, END_PATIENCE, () =>
        directories.filter((directory) => !removeGroups(directory)).length === 0 ? true : undefined,
      )
      if (!removed) throw new Error(`the control group ${groupOf(account)} is still busy`)
      // The instance's own group goes with its last tenant.
      for (const directory of hierarchy.directories(instance)) removeGroup(directory)
    },

    processFiles: (account) =>
      hierarchy.directories(`${groupOf(account)}/${ENGINE_LEAF}`).map((directory) => join(directory, 'cgroup.procs')),

    engineProcesses: (account) => [
      ...new Set(hierarchy.memberDirectories(`${groupOf(account)}/${ENGINE_LEAF}`).flatMap(readProcesses)),
    ],

    serviceProcesses(account, containerId) {
      if (!CONTAINER_ID.test(containerId)) return []
      const group = `${groupOf(account)}/${SERVICES_LEAF}/${containerId}`
      return [...new Set(hierarchy.memberDirectories(group).flatMap(processesBelow))]
    },

    withheldMounts: hierarchy.withheldMounts,

    servicesParent: (account) => `/${groupOf(account)}/${SERVICES_LEAF}`,
  }
}
