import type Docker from 'dockerode'
import type { ObservedContainer, ObservedNetwork } from '../../plan/resources.ts'
import type { EngineSnapshot } from '../../ports/engine.ts'
import type { Engine } from './engine-client.ts'
import { DIGEST, ownFilter } from './labels.ts'

const TIMEOUT_MS = 10_000

const STATES: ReadonlyMap<string, ObservedContainer['state']> = new Map([
  ['created', 'created'],
  ['running', 'running'],
  ['restarting', 'restarting'],
  ['exited', 'exited'],
  ['paused', 'paused'],
])

/** The list tells health only in the text for humans: `Up 3 minutes (health: starting)`. */
const healthOf = (status: string): ObservedContainer['health'] => {
  if (status.includes('(health: starting)')) return 'starting'
  if (status.includes('(healthy)')) return 'healthy'
  return status.includes('(unhealthy)') ? 'unhealthy' : 'none'
}

const observedContainer = (info: Docker.ContainerInfo): ObservedContainer => ({
  id: info.Id,
  digest: info.Labels[DIGEST] ?? '',
  state: STATES.get(info.State) ?? 'dead',
  health: healthOf(info.Status),
  networks: new Map(
    Object.entries(info.NetworkSettings.Networks)
      .filter(([name]) => name !== 'none')
      .map(([name, { NetworkID }]) => [name, NetworkID]),
  ),
  limits: 'unknown',
})

export const observedNetwork = (info: Docker.NetworkInspectInfo): ObservedNetwork => ({
  id: info.Id,
  internal: info.Internal,
  subnet: info.IPAM?.Config?.[0]?.Subnet ?? '',
})

/** Every name an image answers to. `RepoTags` is null for an image without a tag. */
const namesOf = ({ RepoTags, RepoDigests }: Docker.ImageInfo): string[] => [
  ...(RepoTags ?? []).flatMap((tag) => (tag.endsWith(':latest') ? [tag, tag.slice(0, -':latest'.length)] : [tag])),
  ...(RepoDigests ?? []),
]

/** What three list calls answered, as one snapshot. Pure. */
export const snapshotOf = (
  containers: readonly Docker.ContainerInfo[],
  networks: readonly Docker.NetworkInspectInfo[],
  images: readonly Docker.ImageInfo[],
): EngineSnapshot => ({
  containers: new Map(
    containers.map((info) => [(info.Names[0] ?? '').replace(/^\//, ''), observedContainer(info)] as const),
  ),
  networks: new Map(networks.map((info) => [info.Name, observedNetwork(info)])),
  images: new Set(images.flatMap(namesOf).filter((name) => !name.startsWith('<none>'))),
})

/** Three list calls at once, whatever the number of services. */
export const observeEngine = async ({ docker, owner }: Engine): Promise<EngineSnapshot> => {
  const options = () => ({ filters: ownFilter(owner), abortSignal: AbortSignal.timeout(TIMEOUT_MS) })
  const [containers, networks, images] = await Promise.all([
    docker.listContainers({ ...options(), all: true }),
    docker.listNetworks(options()),
    docker.listImages({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) }),
  ])
  return snapshotOf(containers, networks, images)
}
