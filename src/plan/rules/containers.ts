import { configDigest } from '../digest.ts'
import { fileId, type Planning, secretId } from '../plan-builder.ts'
import type { DesiredContainer, ObservedContainer, ServiceLimits } from '../resources.ts'
import type { ResourceId } from '../steps.ts'

type Verdict = 'create' | 'start' | 'keep'

const verdict = ({ observed, digests }: Planning, container: DesiredContainer): Verdict => {
  const seen = observed.containers.get(container.name)
  if (seen === undefined || seen.digest !== digests.get(container) || seen.state === 'dead') return 'create'
  return seen.state === 'running' || seen.state === 'restarting' ? 'keep' : 'start'
}

/** Containers that will have read their configuration when this plan's start of them is done. */
export const startingContainers = (planning: Planning): ReadonlySet<DesiredContainer> =>
  new Set(planning.desired.containers.filter((container) => verdict(planning, container) !== 'keep'))

export const planImages = ({ desired, observed, builder }: Planning): void => {
  for (const image of new Set(desired.containers.map((container) => container.image))) {
    if (observed.images.has(image)) continue
    builder.add({
      action: 'loadImage',
      args: { image },
      target: `image/${image}`,
      cause: `the engine lacks the image ${image}`,
      needs: [`engine/${desired.account}`],
    })
  }
}

const requirements = (planning: Planning, container: DesiredContainer): ResourceId[] => [
  `engine/${planning.desired.account}`,
  `tree/${planning.desired.account}`,
  `image/${container.image}`,
  ...container.networks.map(({ network }) => `network/${network}` as const),
  ...container.configFiles.map((path) => fileId(planning, path)),
  ...planning.desired.secrets.map(({ path }) => secretId(planning, path)),
]

const recordConfig = ({ files, builder }: Planning, container: DesiredContainer): void => {
  if (container.configFiles.length === 0) return
  builder.add({
    action: 'recordConfig',
    args: { name: container.name, digest: configDigest(container, files) },
    target: `container/${container.name}`,
    cause: `${container.name} has read its configuration`,
  })
}

const awaitHealthy = ({ builder }: Planning, container: DesiredContainer, cause: string): void =>
  builder.add({ action: 'awaitHealthy', args: { container }, target: `container/${container.name}`, cause })

/** Creates and starts what does not run. All of it at once: no service waits for another one's health. */
export const planStarts = (planning: Planning): void => {
  for (const container of planning.desired.containers) {
    const { name } = container
    const seen = planning.observed.containers.get(name)
    const decided = verdict(planning, container)
    if (decided === 'keep') continue
    const target = `container/${name}` as const
    const needs = requirements(planning, container)
    if (decided === 'create') {
      const cause = seen === undefined ? `the container ${name} is missing` : `the container ${name} is of another spec`
      planning.builder.add({ action: 'createContainer', args: { container }, target, cause, needs })
    } else {
      const cause = `the container ${name} is ${seen?.state ?? 'stopped'}`
      // The engine starts nothing on a network that was made anew under it.
      if (seen !== undefined) planAttachments(planning, container, seen)
      planning.builder.add({ action: 'startContainer', args: { name }, target, cause, needs })
      planLimits(planning, container, seen)
    }
    recordConfig(planning, container)
    awaitHealthy(planning, container, `${name} was started`)
  }
}

const sameLimits = (a: ServiceLimits, b: ServiceLimits): boolean =>
  a.cpuMillis === b.cpuMillis && a.memoryBytes === b.memoryBytes && a.pids === b.pids

const planLimits = ({ builder }: Planning, container: DesiredContainer, seen: ObservedContainer | undefined): void => {
  if (seen === undefined || (seen.limits !== 'unknown' && sameLimits(seen.limits, container.limits))) return
  if (seen.limits === 'unknown' && seen.state === 'running') return
  builder.add({
    action: 'updateContainer',
    args: { name: container.name, limits: container.limits },
    target: `container/${container.name}`,
    cause: `the kernel enforces other limits on ${container.name} than its spec has`,
  })
}

const planAttachments = (planning: Planning, container: DesiredContainer, seen: ObservedContainer): void => {
  for (const attachment of container.networks) {
    const network = planning.observed.networks.get(attachment.network)
    const target = `network/${attachment.network}` as const
    if (
      network !== undefined &&
      seen.networks.get(attachment.network) === network.id &&
      !planning.builder.changes(target)
    )
      continue
    planning.builder.add({
      action: 'connectNetwork',
      args: { name: container.name, attachment },
      target: `container/${container.name}`,
      cause: `${container.name} is not on the network ${attachment.network}`,
      needs: [target],
    })
  }
}

/** Live changes of containers that run: limits, networks, configuration. */
export const planRunning = (
  planning: Planning,
  planFiles: (planning: Planning, container: DesiredContainer) => void,
): void => {
  for (const container of planning.desired.containers) {
    const seen = planning.observed.containers.get(container.name)
    if (seen === undefined || verdict(planning, container) !== 'keep') continue
    planLimits(planning, container, seen)
    planAttachments(planning, container, seen)
    planFiles(planning, container)
    planReload(planning, container)
    if (seen.health === 'starting' || seen.health === 'unhealthy')
      awaitHealthy(planning, container, `${container.name} is ${seen.health}`)
  }
}

const planReload = (planning: Planning, container: DesiredContainer): void => {
  const { observed, files, builder, inventory } = planning
  if (container.configFiles.length === 0) return
  if (observed.loadedConfig.get(container.name) === configDigest(container, files)) return
  const stale = [...inventory].filter((id) => id.startsWith('file/'))
  builder.add({
    action: 'reloadService',
    args: { name: container.name, signal: container.reloadSignal },
    target: `container/${container.name}`,
    cause: `${container.name} runs with another configuration than its files have`,
    needs: [...container.configFiles.map((path) => fileId(planning, path)), ...stale],
  })
  recordConfig(planning, container)
}

/** Last of all, when nothing sends requests to them any more. */
export const planStaleContainers = ({ desired, observed, builder }: Planning): void => {
  const wanted = new Set(desired.containers.map(({ name }) => name))
  for (const name of observed.containers.keys()) {
    if (wanted.has(name)) continue
    builder.add({
      action: 'removeContainer',
      args: { name },
      target: `container/${name}`,
      cause: `nothing wants the container ${name} any more`,
      needs: [...wanted].map((other) => `container/${other}` as const),
    })
  }
}
