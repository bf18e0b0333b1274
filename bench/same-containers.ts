import type Docker from 'dockerode'
import { engineClient } from '../src/drivers/engine/engine-client.ts'
import { canonicalJson } from '../src/plan/digest.ts'
import type { BenchTenant } from './tenant.ts'

const sorted = (values: readonly string[] | null | undefined): string[] => [...(values ?? [])].sort()

/** What of a container costs time at its start, or keeps it from doing something. */
const nature = ({ Config, HostConfig, Mounts, NetworkSettings }: Docker.ContainerInspectInfo) => ({
  image: Config.Image,
  command: Config.Cmd,
  environment: sorted(Config.Env),
  user: Config.User,
  health: Config.Healthcheck,
  networks: sorted(Object.keys(NetworkSettings.Networks)),
  ports: HostConfig.PortBindings ?? {},
  mounts: Mounts.map(({ Source, Destination, RW, Propagation }) =>
    [Source, Destination, RW, Propagation].join(),
  ).sort(),
  tmpfs: HostConfig.Tmpfs ?? {},
  init: HostConfig.Init,
  readOnly: HostConfig.ReadonlyRootfs,
  capabilities: HostConfig.CapDrop,
  security: HostConfig.SecurityOpt,
  ipc: HostConfig.IpcMode,
  limits: [
    HostConfig.Memory,
    HostConfig.MemorySwap,
    HostConfig.CpuPeriod,
    HostConfig.CpuQuota,
    HostConfig.PidsLimit,
    HostConfig.Ulimits,
  ],
  restart: HostConfig.RestartPolicy?.Name,
  logging: HostConfig.LogConfig,
})

/** All that stands in the engine, by name, as one line each. */
export const describeContainers = ({ settings, desired }: BenchTenant): Promise<ReadonlyMap<string, string>> =>
  engineClient(settings, undefined)(desired.account, async ({ docker }) => {
    const names = desired.containers.map(({ name }) => name)
    const infos = await Promise.all(names.map((name) => docker.getContainer(name).inspect()))
    return new Map(infos.map((info) => [info.Name, canonicalJson(nature(info))]))
  })

/** @throws Error when the two made different containers: their times could not be compared. */
export const requireSame = (ours: ReadonlyMap<string, string>, peers: ReadonlyMap<string, string>): void => {
  for (const [name, mine] of ours)
    if (peers.get(name) !== mine)
      throw new Error(`compose made ${name} otherwise than Palisade:\n${mine}\n${peers.get(name)}`)
}
