import { isMountable } from '../plan/mountable.ts'
import type { AuditedMount, AuditedNamespace, AuditedProcess, KernelView, Subject } from './audited.ts'

/** What of a container is against a rule, in words. Every function is pure; an empty list means: nothing is. */

const LISTED = 3

const listed = (words: readonly string[]): string =>
  words.length > LISTED ? `${words.slice(0, LISTED).join(', ')} and ${words.length - LISTED} more` : words.join(', ')

const named = ({ command, pid }: AuditedProcess): string => `process ${pid} (${command})`

export const kernelOf = ({ container: { kernel } }: Subject): KernelView | undefined =>
  kernel === 'stopped' ? undefined : kernel

const processesOf = (subject: Subject): readonly AuditedProcess[] => kernelOf(subject)?.processes ?? []

const mountsOf = (subject: Subject): readonly AuditedMount[] => kernelOf(subject)?.mounts ?? []

const processesThat = (
  subject: Subject,
  isOffence: (process: AuditedProcess) => boolean,
  what: string,
): readonly string[] => {
  const offenders = processesOf(subject).filter(isOffence)
  return offenders.length === 0 ? [] : [`${what}: ${listed(offenders.map(named))}`]
}

/** `container:ID` is another container of the same tenant, which the kernel tells of by itself. */
export const sharedNamespaces = (
  subject: Subject,
  ...types: readonly Exclude<AuditedNamespace, 'mnt'>[]
): readonly string[] => {
  const { modes } = subject.container.configured
  const seen = kernelOf(subject)?.namespaces
  return types.flatMap((type) => {
    // Every container of a tenant lives in the tenant's user namespace, which none of the host's users is in.
    const isOwn = seen === undefined || seen[type] === 'own' || (type === 'user' && seen[type] === 'tenant')
    if (!isOwn) return [`it shares the ${type} namespace of the ${seen[type]}`]
    return modes[type] === 'host' ? [`it was made with ${type} mode host`] : []
  })
}

export const capabilities = (subject: Subject, allowed: ReadonlySet<string>): readonly string[] => {
  const beyond = (names: readonly string[]) =>
    names.map((name) => name.replace(/^CAP_/i, '').toUpperCase()).filter((name) => !allowed.has(name))
  const added = beyond(subject.container.configured.addedCapabilities)
  const held = [...new Set(processesOf(subject).flatMap((process) => beyond(process.capabilities)))]
  return [
    ...(added.length === 0 ? [] : [`it was made with ${listed(added)}`]),
    ...(held.length === 0 ? [] : [`its processes may have ${listed(held)}`]),
  ]
}

export const privilegedProcesses = (subject: Subject): readonly string[] =>
  processesThat(subject, (process) => process.capabilities.length > 0, 'it may have capabilities')

export const rootProcesses = (subject: Subject): readonly string[] =>
  processesThat(subject, ({ uid }) => uid === 0 || uid === 'unmapped', 'it is root')

export const unfilteredProcesses = (subject: Subject): readonly string[] =>
  processesThat(subject, ({ seccomp }) => seccomp !== 'filter', 'it has no seccomp filter')

export const privilegeGainers = (subject: Subject): readonly string[] =>
  processesThat(subject, ({ noNewPrivileges }) => !noNewPrivileges, 'it may gain privileges by an exec')

export const unconfinedProcesses = (subject: Subject): readonly string[] =>
  processesThat(subject, ({ apparmor }) => !apparmor.endsWith(' (enforce)'), 'it has no AppArmor profile in force')

export const sshServers = (subject: Subject): readonly string[] =>
  processesThat(subject, ({ command }) => command === 'sshd' || command === 'dropbear', 'it serves SSH')

/** The device nodes that every container has: OCI runtime specification, "Default Devices". */
const DEFAULT_DEVICES = new Set(['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`))

export const exposedDevices = (subject: Subject): readonly string[] => {
  const { devices } = subject.container.configured
  const seen = mountsOf(subject)
    .map(({ hostPath }) => hostPath)
    .filter((path) => (path === '/dev' || path.startsWith('/dev/')) && !DEFAULT_DEVICES.has(path))
  const all = [...new Set([...devices, ...seen])]
  return all.length === 0 ? [] : [`it has ${listed(all)}`]
}

const isBelow = (directory: string, path: string): boolean => path.startsWith(`${directory}/`)

const isOwnPath = ({ tenant: { tree }, container: { id } }: Subject, path: string): boolean =>
  isMountable(tree, path) ||
  isBelow(`${tree}/engine/volumes`, path) ||
  // resolv.conf, hosts and hostname, which the engine writes.
  isBelow(`${tree}/engine/containers/${id}`, path)

/** What no bind is asked for: the image with the container's own layer, and the engine's init. */
const isPartOfImage = (
  { tenant: { tree } }: Subject,
  { target, hostPath, writable, fileSystem }: AuditedMount,
): boolean =>
  (target === '/' && fileSystem === 'overlay' && isBelow(`${tree}/engine`, hostPath)) ||
  (!writable && /^(\/usr)?\/sbin\/docker-init$/.test(target))

const CGROUP = /^cgroup2?$/

export const foreignPaths = (subject: Subject): readonly string[] => {
  const asked = subject.container.configured.binds
    .filter(({ source }) => !isOwnPath(subject, source))
    .map(({ source, target }) => `${source} at ${target}`)
  const seen = mountsOf(subject)
    .filter((mount) => mount.hostPath !== '' && !isPartOfImage(subject, mount) && !DEFAULT_DEVICES.has(mount.hostPath))
    .filter(({ fileSystem, writable }) => !CGROUP.test(fileSystem) || writable)
    .filter(({ hostPath }) => !isOwnPath(subject, hostPath))
    .map(({ hostPath, target }) => `${hostPath} at ${target}`)
  const all = [...new Set([...asked, ...seen])]
  return all.length === 0 ? [] : [`it sees ${listed(all)}`]
}

/** The socket itself, and every directory that it can be reached by. */
const leadsToSocket = (path: string): boolean =>
  path === '/' ||
  /^(\/var)?\/run(\/(palisade|docker|containerd))?\/?$/.test(path) ||
  /(docker|containerd)[^/]*\.sock$/.test(path) ||
  /\/tenants\/[^/]+\/engine$/.test(path)

export const engineSockets = (subject: Subject): readonly string[] => {
  const { tree } = subject.tenant
  const paths = [
    ...subject.container.configured.binds.map(({ source }) => source),
    ...mountsOf(subject).map(({ hostPath }) => hostPath),
  ]
  const found = [...new Set(paths.filter((path) => path !== `${tree}/engine` && leadsToSocket(path)))]
  return found.length === 0 ? [] : [`it reaches an engine's socket by ${listed(found)}`]
}

export const sharedMounts = (subject: Subject): readonly string[] => {
  const asked = subject.container.configured.binds.filter(({ propagation }) => /^r?shared$/.test(propagation))
  const seen = mountsOf(subject).filter(({ shared }) => shared)
  const targets = [...new Set([...asked, ...seen].map(({ target }) => target))]
  return targets.length === 0 ? [] : [`mounts at ${listed(targets)} are seen by others`]
}

export const writableRoot = (subject: Subject): readonly string[] => {
  if (!subject.container.configured.readOnlyRoot) return ['it was made with a writable root file system']
  const root = mountsOf(subject).find(({ target }) => target === '/')
  return root?.writable === true ? ['its root file system is mounted writable'] : []
}

/** Kernel settings and what the kernel tells, which runtimes cover unless told otherwise. */
export const uncoveredProc = (subject: Subject): readonly string[] => {
  const mounts = mountsOf(subject)
  if (mounts.length === 0) return []
  const covered = new Map(mounts.map(({ target, writable }) => [target, writable]))
  const there = (path: string): boolean => subject.host.procFiles.includes(path)
  const open = ['/proc/sys', '/proc/sysrq-trigger'].filter((path) => there(path) && covered.get(path) !== false)
  const shown = ['/proc/kcore', '/proc/keys'].filter((path) => there(path) && !covered.has(path))
  return [
    ...(open.length === 0 ? [] : [`${listed(open)} can be written`]),
    ...(shown.length === 0 ? [] : [`${listed(shown)} can be read`]),
  ]
}

/** Of the limits that the kernel enforces; of those asked for while the container does not run. */
export const withoutLimit = (subject: Subject, limit: 'cpuMillis' | 'memoryBytes' | 'pids'): readonly string[] => {
  const kernel = kernelOf(subject)
  const configured = subject.container.configured.limits[limit]
  if (kernel === undefined) return configured > 0 ? [] : ['it was made without one']
  if (kernel.limits === 'absent') return ['it has no control group']
  return Number.isFinite(kernel.limits[limit]) ? [] : ['the kernel enforces none']
}
