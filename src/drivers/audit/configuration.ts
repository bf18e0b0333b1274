import type Docker from 'dockerode'
import type { AuditedContainer, AuditedPort, Configuration } from '../../audit/audited.ts'
import { limitsIn } from '../engine/container-options.ts'
import { isJob, serviceOf } from '../engine/labels.ts'

const portsOf = ({ PortBindings }: Docker.HostConfig): readonly AuditedPort[] => {
  const bindings: Readonly<Record<string, readonly Docker.PortBinding[] | null>> = PortBindings ?? {}
  return Object.values(bindings).flatMap((some) =>
    (some ?? []).map(({ HostIp, HostPort }) => ({ hostAddress: HostIp ?? '', hostPort: Number(HostPort) })),
  )
}

const modesOf = ({
  NetworkMode,
  PidMode,
  IpcMode,
  UTSMode,
  UsernsMode,
}: Docker.HostConfig): Configuration['modes'] => ({
  net: NetworkMode ?? '',
  pid: PidMode ?? '',
  ipc: IpcMode ?? '',
  uts: UTSMode ?? '',
  user: UsernsMode ?? '',
})

/** How a container was made, as its engine tells it. Pure. */
export const configurationOf = ({
  Config,
  HostConfig,
  Mounts,
  NetworkSettings,
}: Docker.ContainerInspectInfo): Configuration => ({
  image: Config.Image,
  user: Config.User,
  privileged: HostConfig.Privileged === true,
  addedCapabilities: HostConfig.CapAdd ?? [],
  securityOptions: HostConfig.SecurityOpt ?? [],
  modes: modesOf(HostConfig),
  restart: {
    policy: HostConfig.RestartPolicy?.Name ?? '',
    maximumRetries: HostConfig.RestartPolicy?.MaximumRetryCount ?? 0,
  },
  ports: portsOf(HostConfig),
  networks: Object.keys(NetworkSettings.Networks),
  binds: Mounts.map(({ Source, Destination, Propagation }) => ({
    source: Source,
    target: Destination,
    propagation: Propagation,
  })).filter(({ source }) => source !== ''),
  devices: (HostConfig.Devices ?? []).map(({ PathOnHost }: { readonly PathOnHost: string }) => PathOnHost),
  sysctls: Object.keys(HostConfig.Sysctls ?? {}),
  readOnlyRoot: HostConfig.ReadonlyRootfs === true,
  hasHealthCheck: (Config.Healthcheck?.Test?.[0] ?? 'NONE') !== 'NONE',
  limits: limitsIn(HostConfig),
})

/** By labels that Palisade alone sets in a tenant's engine. */
export const originOf = ({ Config: { Labels } }: Docker.ContainerInspectInfo): AuditedContainer['origin'] => {
  if (serviceOf(Labels) === '') return 'foreign'
  return isJob(Labels) ? 'job' : 'service'
}
