import type Docker from 'dockerode'
import type { ObservedContainer, ObservedNetwork } from '../../plan/resources.ts'
import type { EngineSnapshot } from '../../ports/engine.ts'
import { limitsIn } from './container-options.ts'
import type { Engine } from './engine-client.ts'
import { isStatus } from './engine-errors.ts'
import { DIGEST, isJob, ownFilter } from './labels.ts'

const TIMEOUT_MS = 10_000
const HTTP_NOT_FOUND = 404

const STATES: ReadonlyMap<string, ObservedContainer['state']> = new Map([
  ['created', 'created'],
  ['running', 'running'],
  ['restarting', 'restarting'],
  ['exited', 'exited'],
  ['paused', 'paused'],
])

/** An engine's word for a container's state as ours. */
export const stateOf = (word: string): ObservedContainer['state'] => STATES.get(word) ?? 'dead'

/** The list tells health only in the text for humans: `Up 3 minutes (health: starting)`. */
const healthOf = (status: string): ObservedContainer['health'] => {
  if (status.includes('(health: starting)')) return 'starting'
  if (status.includes('(healthy)')) return 'healthy'
  return status.includes('(unhealthy)') ? 'unhealthy' : 'none'
}

const observedContainer = (info: Docker.ContainerInfo): ObservedContainer => ({
  id: info.Id,
  digest: info.Labels[DIGEST] ?? '',
  state: stateOf(info.State),
  health: healthOf(info.Status),
  networks: new Map(
    Object.entries(info.NetworkSettings.Networks)
      .filter(([name]) => name !== 'none')
      .map(([name, { NetworkID }]) => [name, NetworkID]),
  ),
  limits: 'unknown',
})

/** An engine lists the networks of both families in one, in no order that it promises. */
export const observedNetwork = (info: Docker.NetworkInspectInfo): ObservedNetwork => {
  const subnets = (info.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? [])
  return {
    id: info.Id,
    internal: info.Internal,
    subnet: subnets.find((subnet) => !subnet.includes(':')) ?? '',
    ipv6Subnet: (info.EnableIPv6 === true && subnets.find((subnet) => subnet.includes(':'))) || 'none',
  }
}

/** Every name an image answers to. `RepoTags` is null for an image without a tag. */
const namesOf = ({ RepoTags, RepoDigests }: Docker.ImageInfo): string[] => [
  ...(RepoTags ?? []).flatMap((tag) => (tag.endsWith(':latest') ? [tag, tag.slice(0, -':latest'.length)] : [tag])),
  ...(RepoDigests ?? []),
]

const nameOf = ({ Names }: Docker.ContainerInfo): string => (Names[0] ?? '').replace(/^\//, '')

/** What three list calls answered, as one snapshot. Pure. */
export const snapshotOf = (
  containers: readonly Docker.ContainerInfo[],
  networks: readonly Docker.NetworkInspectInfo[],
  images: readonly Docker.ImageInfo[],
): EngineSnapshot => ({
  containers: new Map(
    containers.filter(({ Labels }) => !isJob(Labels)).map((info) => [nameOf(info), observedContainer(info)] as const),
  ),
  jobs: new Set(containers.filter(({ Labels }) => isJob(Labels)).map(nameOf)),
  networks: new Map(networks.map((info) => [info.Name, observedNetwork(info)])),
  images: new Set(images.flatMap(namesOf).filter((name) => !name.startsWith('<none>'))),
})

/** The kernel has no limits of a container that does not run at this moment; what it is going to get is in its options. */
const withOwnLimits = async ({ docker }: Engine, container: ObservedContainer): Promise<ObservedContainer> => {
  if (container.state !== 'restarting') return container
  try {
    const { HostConfig } = await docker
      .getContainer(container.id)
      .inspect({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) })
    return { ...container, limits: limitsIn(HostConfig) }
  } catch (error) {
    if (isStatus(error, HTTP_NOT_FOUND)) return container
    throw error
  }
}

/** Three list calls at once, whatever the number of services, and a question about each that is about to be started again. */
export const observeEngine = async (engine: Engine): Promise<EngineSnapshot> => {
  const { docker, owner } = engine
  const options = () => ({ filters: ownFilter(owner), abortSignal: AbortSignal.timeout(TIMEOUT_MS) })
  const [containers, networks, images] = await Promise.all([
    docker.listContainers({ ...options(), all: true }),
    docker.listNetworks(options()),
    docker.listImages({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) }),
  ])
  const snapshot = snapshotOf(containers, networks, images)
  const known = await Promise.all(
    [...snapshot.containers].map(async ([name, seen]) => [name, await withOwnLimits(engine, seen)] as const),
  )
  return { ...snapshot, containers: new Map(known) }
}
