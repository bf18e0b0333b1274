import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type Docker from 'dockerode'
import type { AuditedContainer, AuditedHost, AuditedTenant } from '../../audit/audited.ts'
import { isStatus } from '../engine/engine-errors.ts'
import { readKernelFile } from '../host/kernel-files.ts'
import { configurationOf, originOf } from './configuration.ts'
import { groupOf, type KernelSources, readKernelView } from './kernel-view.ts'

const HTTP_NOT_FOUND = 404

/** Some kernels lack some. */
const COVERED_PROC_FILES = ['/proc/sys', '/proc/sysrq-trigger', '/proc/kcore', '/proc/keys']

/** What of Linux Security Modules is in force here. */
export const observeAuditedHost = (): AuditedHost => ({
  apparmor: readKernelFile('/sys/module/apparmor/parameters/enabled') === 'Y',
  selinux: existsSync('/sys/fs/selinux/enforce'),
  procFiles: COVERED_PROC_FILES.filter((path) => existsSync(path)),
})

/** Undefined when it is gone since it was listed. */
const observeContainer = async (
  docker: Docker,
  id: string,
  sources: KernelSources,
): Promise<AuditedContainer | undefined> => {
  try {
    const info = await docker.getContainer(id).inspect()
    const { Running, Pid } = info.State
    return {
      id: info.Id,
      name: info.Name.replace(/^\//, ''),
      origin: originOf(info),
      configured: configurationOf(info),
      kernel: Running && Pid > 0 ? await readKernelView(Pid, info.Id, sources) : 'stopped',
    }
  } catch (error) {
    if (isStatus(error, HTTP_NOT_FOUND)) return undefined
    throw error
  }
}

interface EngineFacts {
  readonly dataRoot: string
  readonly swarm: boolean
}

/** Of all that an engine tells of itself. */
const factsOf = (info: unknown): EngineFacts => {
  if (typeof info !== 'object' || info === null || !('DockerRootDir' in info) || typeof info.DockerRootDir !== 'string')
    throw new Error('the engine does not tell where its data is')
  const swarm = 'Swarm' in info ? info.Swarm : undefined
  const state = typeof swarm === 'object' && swarm !== null && 'LocalNodeState' in swarm ? swarm.LocalNodeState : ''
  return { dataRoot: info.DockerRootDir, swarm: state !== 'inactive' && state !== '' }
}

/** Every container of a tenant's engine, whoever made it, as the engine and the kernel have it. Changes nothing. */
export const observeAuditedTenant = async (
  docker: Docker,
  account: string,
  sources: KernelSources,
): Promise<AuditedTenant> => {
  const [listed, info] = await Promise.all([docker.listContainers({ all: true }), docker.info()])
  const { dataRoot, swarm } = factsOf(info)
  const containers = await Promise.all(listed.map(({ Id }) => observeContainer(docker, Id, sources)))
  return {
    account,
    tree: dirname(dataRoot),
    group: dirname(groupOf(sources.holder)),
    swarm,
    containers: containers.filter((container) => container !== undefined),
  }
}
