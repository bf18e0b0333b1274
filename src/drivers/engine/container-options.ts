import type Docker from 'dockerode'
import { isMountable } from '../../plan/mountable.ts'
import type {
  DesiredContainer,
  HealthCheck,
  Mount,
  NetworkAttachment,
  ServiceLimits,
  Tmpfs,
} from '../../plan/resources.ts'
import { RUNTIME_PROGRAMS } from '../../plan/runtimes.ts'
import { TerminalError } from '../../ports/errors.ts'

/** What bounds every container of a tenant. */
export interface Fence {
  /** Root of the tenant's tree: nothing outside of it is mounted. */
  readonly tree: string
  /** AppArmor profile that root has loaded; undefined on a host without AppArmor. */
  readonly apparmorProfile: string | undefined
}

/** Enough for MariaDB's table cache. An engine without privileges can't give more than it was started with. */
export const OPEN_FILES = 16_384

/** In thousandths of the memory that ran out, added to what a process uses: services are ended before an engine is. */
const OUT_OF_MEMORY_FIRST = 500

const NANOSECONDS_PER_MILLISECOND = 1_000_000

const tmpfsOptions = ({ sizeBytes, mode, owner, executable }: Tmpfs): string =>
  `nosuid,nodev,${executable ? 'exec' : 'noexec'},size=${sizeBytes},mode=${mode},uid=${owner.uid},gid=${owner.gid}`

/** @throws TerminalError `MountRefused` for what is not the tenant's: another tenant's files, the host's, an engine's socket. */
const ownMount = (tree: string, mount: Mount): Docker.MountSettings => {
  if (isMountable(tree, mount.source)) return bindMount(mount)
  throw new TerminalError('MountRefused', `${mount.source} is no part of ${tree} that a service may see`)
}

const securityOptions = ({ apparmorProfile }: Fence): string[] => [
  'no-new-privileges',
  ...(apparmorProfile === undefined ? [] : [`apparmor=${apparmorProfile}`]),
]

const bindMount = ({ source, target, readOnly }: Mount): Docker.MountSettings => ({
  Type: 'bind',
  Source: source,
  Target: target,
  ReadOnly: readOnly,
  BindOptions: { Propagation: 'rprivate' },
})

const healthConfig = ({ command, intervalMs, timeoutMs, retries }: HealthCheck): Docker.HealthConfig => ({
  Test: ['CMD', ...command],
  Interval: intervalMs * NANOSECONDS_PER_MILLISECOND,
  Timeout: timeoutMs * NANOSECONDS_PER_MILLISECOND,
  Retries: retries,
})

const CPU_PERIOD_US = 100_000

/**
 * Equal memory and memory-swap mean no swap; both are always given together, or the engine refuses to raise one.
 * The processor's share is a quota, since an engine refuses more `NanoCpus` than the host has cores.
 */
export const limitOptions = ({ cpuMillis, memoryBytes, pids }: ServiceLimits) => ({
  Memory: memoryBytes,
  MemorySwap: memoryBytes,
  CpuPeriod: CPU_PERIOD_US,
  CpuQuota: (cpuMillis * CPU_PERIOD_US) / 1_000,
  PidsLimit: pids,
})

/** What a container was last given by {@link limitOptions}, whether it runs or not. */
export const limitsIn = ({ Memory, MemorySwap, CpuPeriod, CpuQuota, PidsLimit }: Docker.HostConfig): ServiceLimits => ({
  cpuMillis: Math.round(((CpuQuota ?? 0) * 1_000) / (CpuPeriod || CPU_PERIOD_US)),
  memoryBytes: Math.max(Memory ?? 0, MemorySwap ?? 0),
  pids: PidsLimit ?? 0,
})

export const endpointSettings = ({ aliases, address }: NetworkAttachment): Docker.EndpointSettings => ({
  Aliases: [...aliases],
  ...(address === undefined ? {} : { IPAMConfig: { IPv4Address: address } }),
})

const portKey = (port: number): string => `${port}/tcp`

/**
 * What a service may do at most; after CIS Docker Benchmark 1.6, section 5. No kind needs a capability, so there is no
 * `CapAdd`, and the engine's own seccomp profile is in force because nothing here says otherwise.
 */
const fenceOptions = (container: DesiredContainer, fence: Fence): Docker.HostConfig => ({
  Privileged: false,
  CapDrop: ['ALL'],
  SecurityOpt: securityOptions(fence),
  ReadonlyRootfs: true,
  IpcMode: 'private',
  Sysctls: {},
  OomKillDisable: false,
  OomScoreAdj: OUT_OF_MEMORY_FIRST,
  Ulimits: [
    { Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES },
    // A core file holds what the process had in memory, passwords too.
    { Name: 'core', Soft: 0, Hard: 0 },
  ],
  Mounts: container.mounts.map((mount) => ownMount(fence.tree, mount)),
  Tmpfs: Object.fromEntries(container.tmpfs.map((tmpfs) => [tmpfs.target, tmpfsOptions(tmpfs)])),
  ...limitOptions(container.limits),
})

const hostConfig = (container: DesiredContainer, fence: Fence): Docker.HostConfig => ({
  ...fenceOptions(container, fence),
  Runtime: RUNTIME_PROGRAMS[container.runtime],
  Init: true,
  RestartPolicy: { Name: 'unless-stopped' },
  LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
  NetworkMode: container.networks[0]?.network ?? 'none',
  ExtraHosts: Object.entries(container.hosts).map(([name, address]) => `${name}:${address}`),
  PortBindings: Object.fromEntries(
    container.publish.map(({ hostAddress, hostPort, containerPort }) => [
      portKey(containerPort),
      [{ HostIp: hostAddress, HostPort: String(hostPort) }],
    ]),
  ),
})

/**
 * The engine's request for a container. Only the first network is in it: before API 1.44 (Docker 25) an engine refuses
 * more, so the others are connected before the start.
 * @throws TerminalError `MountRefused` for a mount from outside of the tenant's tree.
 */
export const containerOptions = (
  container: DesiredContainer,
  labels: Record<string, string>,
  fence: Fence,
): Docker.ContainerCreateOptions => {
  const [first] = container.networks
  return {
    name: container.name,
    Hostname: container.name,
    Image: container.image.name,
    ...(container.command.length === 0 ? {} : { Cmd: [...container.command] }),
    Env: Object.entries(container.environment).map(([name, value]) => `${name}=${value}`),
    // Said always: images may name one that is below a mount, which the engine would then try to make there.
    WorkingDir: container.workingDirectory,
    User: `${container.user.uid}:${container.user.gid}`,
    Labels: labels,
    StopSignal: container.stopSignal,
    StopTimeout: container.stopTimeoutSeconds,
    Healthcheck: healthConfig(container.health),
    ExposedPorts: Object.fromEntries(container.publish.map(({ containerPort }) => [portKey(containerPort), {}])),
    HostConfig: hostConfig(container, fence),
    ...(first === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [first.network]: endpointSettings(first) } } }),
  }
}
