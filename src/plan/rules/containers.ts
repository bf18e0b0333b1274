import { fileId, type Planning, secretId } from '../plan-builder.ts'
import type { DesiredContainer, ObservedContainer, ServiceLimits } from '../resources.ts'
import type { ResourceId } from '../steps.ts'
import { planConfigRead, planConfiguration, planForgetting } from './configuration.ts'
import { rerouting } from './leaving.ts'
import { planStaleFilesOf } from './tree.ts'

type Verdict = 'create' | 'start' | 'keep'

const verdict = ({ observed, digests }: Planning, container: DesiredContainer): Verdict => {
  const seen = observed.containers.get(container.name)
  if (seen === undefined || seen.digest !== digests.get(container) || seen.state === 'dead') return 'create'
  return seen.state === 'running' || seen.state === 'restarting' ? 'keep' : 'start'
}

/** Containers that will have read their configuration when this plan's start of them is done. */
export const startingContainers = (planning: Planning): ReadonlySet<DesiredContainer> =>
  new Set(planning.desired.containers.filter((container) => verdict(planning, container) !== 'keep'))

const requirements = (planning: Planning, container: DesiredContainer): ResourceId[] => [
  `engine/${planning.desired.account}`,
  `tree/${planning.desired.account}`,
  `image/${container.image.name}`,
  ...container.networks.map(({ network }) => `network/${network}` as const),
  ...container.configFiles.map((path) => fileId(planning, path)),
  ...planStaleFilesOf(planning, container, []),
  ...planning.desired.sites.map(({ domain }) => `site/${domain}` as const),
  ...planning.desired.secrets.map(({ path }) => secretId(planning, path)),
]

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
      updateLimits(planning, container, container.limits, [])
    }
    planConfigRead(planning, container)
    awaitHealthy(planning, container, `${name} was started`)
  }
}

const sameLimits = (a: ServiceLimits, b: ServiceLimits): boolean =>
  a.cpuMillis === b.cpuMillis && a.memoryBytes === b.memoryBytes && a.pids === b.pids

/** Room for what a container does and for what it is going to do. */
const ampleLimits = (a: ServiceLimits, b: ServiceLimits): ServiceLimits => ({
  cpuMillis: Math.max(a.cpuMillis, b.cpuMillis),
  memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
  pids: Math.max(a.pids, b.pids),
})

const updateLimits = (
  { builder }: Planning,
  { name }: DesiredContainer,
  limits: ServiceLimits,
  follows: readonly ResourceId[],
): void =>
  builder.add({
    action: 'updateContainer',
    args: { name, limits },
    target: `container/${name}`,
    cause: `the kernel enforces other limits on ${name} than its spec has`,
    follows,
  })

/** What a container gets more of, it gets before it has more to do; see {@link planLowerLimits}. */
const planHigherLimits = (planning: Planning, container: DesiredContainer, { limits }: ObservedContainer): void => {
  if (limits === 'unknown') return
  const ample = ampleLimits(limits, container.limits)
  if (!sameLimits(limits, ample)) updateLimits(planning, container, ample, [])
}

/** Takes from containers that run what they need no more, once requests go where they are going to. */
export const planLowerLimits = (planning: Planning): void => {
  for (const container of planning.desired.containers) {
    const seen = planning.observed.containers.get(container.name)
    if (seen === undefined || seen.limits === 'unknown' || verdict(planning, container) !== 'keep') continue
    if (!sameLimits(ampleLimits(seen.limits, container.limits), container.limits))
      updateLimits(planning, container, container.limits, [...rerouting(planning), `config/${container.name}`])
  }
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

/** Live changes of containers that run: limits, networks, configuration. Backends come before those that ask them. */
export const planRunning = (planning: Planning): void => {
  const running = planning.desired.containers.filter((container) => verdict(planning, container) === 'keep')
  const backends = running.filter(({ tier }) => tier === 'backend')
  const web = running.filter(({ tier }) => tier === 'web')
  for (const container of [...backends, ...web]) planLiveChanges(planning, container)
  planRetired(planning, backends)
}

const planLiveChanges = (planning: Planning, container: DesiredContainer): void => {
  const seen = planning.observed.containers.get(container.name)
  if (seen === undefined) return
  planHigherLimits(planning, container, seen)
  planAttachments(planning, container, seen)
  planConfiguration(planning, container, container.tier === 'web' ? planStaleFilesOf(planning, container, []) : [])
  // An engine tells no health of what it is about to start again.
  if (seen.state === 'restarting') awaitHealthy(planning, container, `${container.name} is restarting`)
  else if (seen.health === 'starting' || seen.health === 'unhealthy')
    awaitHealthy(planning, container, `${container.name} is ${seen.health}`)
}

/** What a backend had for a site that is gone ends when nobody sends requests to it any more. */
const planRetired = (planning: Planning, backends: readonly DesiredContainer[]): void => {
  const needs = rerouting(planning)
  for (const container of backends) {
    const removed = planStaleFilesOf(planning, container, needs)
    if (removed.length > 0) planForgetting(planning, container, removed)
  }
}
