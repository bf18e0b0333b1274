import { readlinkSync } from 'node:fs'
import type { AuditedNamespace, AuditedProcess, KernelView } from '../../audit/audited.ts'
import type { Clock } from '../../ports/store.ts'
import type { CgroupHierarchy } from '../host/cgroup-hierarchy.ts'
import { processesBelow } from '../host/cgroups.ts'
import { isAbsent, readKernelFile } from '../host/kernel-files.ts'
import { auditedMounts, parseMounts } from './mount-table.ts'
import { readProcess } from './process-status.ts'

/** What the engine's runtime needs at most to become what it was asked to run. */
const SETTLE_MS = 300

export interface KernelSources {
  readonly hierarchy: CgroupHierarchy
  /** Process that keeps the tenant's namespaces. */
  readonly holder: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

const NAMESPACES: readonly AuditedNamespace[] = ['net', 'pid', 'ipc', 'uts', 'user', 'mnt']

const namespaceOf = (pid: number | 'self', type: AuditedNamespace): string => readlinkSync(`/proc/${pid}/ns/${type}`)

const ownerOf = (pid: number, holder: number, type: AuditedNamespace): 'own' | 'tenant' | 'host' => {
  const own = namespaceOf(pid, type)
  if (own === namespaceOf('self', type)) return 'host'
  return own === namespaceOf(holder, type) ? 'tenant' : 'own'
}

const namespacesOf = (pid: number, holder: number): KernelView['namespaces'] => {
  const [net, pids, ipc, uts, user, mnt] = NAMESPACES.map((type) => ownerOf(pid, holder, type))
  const unknown = 'host'
  return {
    net: net ?? unknown,
    pid: pids ?? unknown,
    ipc: ipc ?? unknown,
    uts: uts ?? unknown,
    user: user ?? unknown,
    mnt: mnt ?? unknown,
  }
}

/** Path of the control group that counts its processes, in either version: cgroups(7). Empty when it has ended. */
export const groupOf = (pid: number): string => {
  const lines = (readKernelFile(`/proc/${pid}/cgroup`) ?? '').split('\n').map((line) => line.split(':'))
  const line =
    lines.find(([, controllers]) => controllers?.split(',').includes('pids')) ?? lines.find(([id]) => id === '0')
  return line?.slice(2).join(':') ?? ''
}

/** Only a group that is the container's own: any other may hold half the machine. */
const processIds = (pid: number, group: string, id: string, hierarchy: CgroupHierarchy): readonly number[] => {
  if (!group.endsWith(`/${id}`)) return [pid]
  return [...new Set([pid, ...hierarchy.directories(group).flatMap(processesBelow)])]
}

const openFilesOf = (pid: number): number => {
  const limits = readKernelFile(`/proc/${pid}/limits`) ?? ''
  const most = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]
  return most === undefined || most === 'unlimited' ? Number.POSITIVE_INFINITY : Number(most)
}

/** Nothing when the container ends meanwhile. */
const look = (pid: number, id: string, { hierarchy, holder }: KernelSources): KernelView | undefined => {
  const group = groupOf(pid)
  const map = readKernelFile(`/proc/${pid}/uid_map`)
  const mountinfo = readKernelFile(`/proc/${pid}/mountinfo`)
  if (map === undefined || mountinfo === undefined || group === '') return undefined
  const outside = ['self', `${holder}`].map((who) => parseMounts(readKernelFile(`/proc/${who}/mountinfo`) ?? ''))
  return {
    processes: processIds(pid, group, id, hierarchy)
      .map((one) => readProcess(one, map))
      .filter((process) => process !== undefined),
    namespaces: namespacesOf(pid, holder),
    mounts: auditedMounts(parseMounts(mountinfo), outside),
    group,
    limits: hierarchy.readLimits(group),
    openFiles: openFilesOf(pid),
  }
}

const lookUnlessGone = (...args: Parameters<typeof look>): KernelView | undefined => {
  try {
    return look(...args)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

const isIn = (processes: readonly AuditedProcess[], { pid }: AuditedProcess): boolean =>
  processes.some((process) => process.pid === pid)

/**
 * What the kernel has of a container's processes. It looks twice and tells of processes that it saw both times: a command
 * that the engine begins, such as a health check, has all rights for a moment, until the runtime has given them up.
 */
export const readKernelView = async (
  pid: number,
  id: string,
  sources: KernelSources,
): Promise<'stopped' | KernelView> => {
  const before = lookUnlessGone(pid, id, sources)
  await sources.clock.sleep(SETTLE_MS, sources.signal)
  const view = before === undefined ? undefined : lookUnlessGone(pid, id, sources)
  if (before === undefined || view === undefined) return 'stopped'
  return { ...view, processes: view.processes.filter((process) => isIn(before.processes, process)) }
}
