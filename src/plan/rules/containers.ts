import { configDigest } from '../digest.ts'
import { fileId, type Planning, secretId } from '../plan-builder.ts'
import type { DesiredContainer, ObservedContainer, ServiceLimits } from '../resources.ts'
import type { ResourceId } from '../steps.ts'
import { planFilesOfRunning, planStaleFilesOf } from './tree.ts'

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
  const images = new Map(desired.containers.map(({ image }) => [image.name, image]))
  for (const [name, image] of images) {
    if (observed.images.has(name)) continue
    builder.add({
      action: 'loadImage',
      args: { image },
      target: `image/${name}`,
      cause: `the engine lacks the image ${name}`,
      needs: [`engine/${desired.account}`],
    })
  }
}

const requirements = (planning: Planning, container: DesiredContainer): ResourceId[] => [
  `engine/${planning.desired.account}`,
  `tree/${planning.desired.account}`,
  `image/${container.image.name}`,
  ...container.networks.map(({ network }) => `network/${network}` as const),
  ...container.configFiles.map((path) => fileId(planning, path)),
  ...planning.desired.sites.map(({ domain }) => `site/${domain}` as const),
  ...planning.desired.secrets.map(({ path }) => secretId(planning, path)),
]

const recordConfig = (planning: Planning, container: DesiredContainer, needs: readonly ResourceId[]): void => {
  if (container.configFiles.length === 0) return
  planning.builder.add({
    action: 'recordConfig',
    args: { name: container.name, digest: configDigest(container, planning.files) },
    target: `config/${container.name}`,
    cause: `${container.name} has read its configuration`,
    needs,
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
    recordConfig(planning, container, [target])
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

const isKept = (planning: Planning, container: DesiredContainer): boolean => verdict(planning, container) === 'keep'

/** Live changes of containers that run: limits, networks, configuration. Backends come before those that ask them. */
export const planRunning = (planning: Planning): void => {
  const running = planning.desired.containers.filter((container) => isKept(planning, container))
  for (const tier of ['backend', 'web'] as const)
    for (const container of running) if (container.tier === tier) planLiveChanges(planning, container)
  planRetired(
    planning,
    running.filter(({ tier }) => tier === 'backend'),
  )
}

const planLiveChanges = (planning: Planning, container: DesiredContainer): void => {
  const seen = planning.observed.containers.get(container.name)
  if (seen === undefined) return
  planLimits(planning, container, seen)
  planAttachments(planning, container, seen)
  planFilesOfRunning(planning, container)
  const removed = container.tier === 'web' ? planStaleFilesOf(planning, container, []) : []
  if (planning.observed.loadedConfig.get(container.name) !== configDigest(container, planning.files))
    planReload(planning, container, removed, `${container.name} runs with another configuration than its files have`)
  // An engine tells no health of what it is about to start again.
  if (seen.state === 'restarting') awaitHealthy(planning, container, `${container.name} is restarting`)
  else if (seen.health === 'starting' || seen.health === 'unhealthy')
    awaitHealthy(planning, container, `${container.name} is ${seen.health}`)
}

/** What a backend had for a site that is gone ends when nobody sends requests to it any more. */
const planRetired = (planning: Planning, backends: readonly DesiredContainer[]): void => {
  const askers = planning.desired.containers.filter(({ tier }) => tier === 'web').map(({ name }) => name)
  const needs = askers.flatMap((name) => [`container/${name}`, `config/${name}`] as const)
  for (const container of backends) {
    const removed = planStaleFilesOf(planning, container, needs)
    if (removed.length > 0)
      planReload(planning, container, removed, `${container.name} has a configuration that nothing wants any more`)
  }
}

/**
 * A file that could not be written keeps its former content, which serves on: the reload does not wait for its success,
 * but what is in force is then not what was wanted, and is not recorded.
 */
const planReload = (
  planning: Planning,
  container: DesiredContainer,
  removed: readonly ResourceId[],
  cause: string,
): void => {
  const { builder } = planning
  const { name, reload, configFiles } = container
  if (configFiles.length === 0 || reload === 'never') return
  const files = [...configFiles.map((path) => fileId(planning, path)), ...removed]
  const target = `container/${name}` as const
  builder.add({ action: 'reloadService', args: { name, by: reload.by }, target, cause, follows: files })
  const needs = [target, ...files]
  if (reload.check !== undefined)
    builder.add({
      action: 'awaitReloaded',
      args: { name, check: reload.check },
      target: `config/${name}`,
      cause: `${name} was asked to read its configuration`,
      needs,
    })
  recordConfig(planning, container, needs)
}

/** Last of all, when nothing sends requests to them any more. */
export const planStaleContainers = ({ desired, observed, builder }: Planning): void => {
  const wanted = new Set(desired.containers.map(({ name }) => name))
  const needs = [
    ...[...wanted].flatMap((name) => [`container/${name}`, `config/${name}`] as const),
    ...desired.routes.map(({ host }) => `route/${host}` as const),
  ]
  for (const name of observed.containers.keys()) {
    if (wanted.has(name)) continue
    builder.add({
      action: 'removeContainer',
      args: { name },
      target: `container/${name}`,
      cause: `nothing wants the container ${name} any more`,
      needs,
    })
  }
}
