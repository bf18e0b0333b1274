import type { ObservedContainer } from '../../../src/plan/resources.ts'
import type { EngineSnapshot, Engines, HealthProbe, Images, ProbedContainer } from '../../../src/ports/engine.ts'
import { TerminalError, WaitingError } from '../../../src/ports/errors.ts'
import type { Clock } from '../../../src/ports/store.ts'
import {
  connectNetwork,
  createContainer,
  removeContainer,
  requireContainer,
  type SimulatedEngine,
  startContainer,
  stopContainers,
} from './containers.ts'
import { engineEvents } from './engine-events.ts'
import { awaitJob, startJob } from './jobs.ts'
import { createNetwork, removeNetwork } from './networks.ts'
import type { Ailment, SimulatedContainer } from './tenant.ts'
import { engineId, type World } from './world.ts'

const RETRY_MS = 500

/** Where the only archive stands that holds an image. */
const archiveOf = (image: string): string => `/images/${image}`

/** Every image can be had but those that are out of reach. */
export const simulatedImages = (unavailable: ReadonlyMap<string, Error>): Images => ({
  async archive({ name }) {
    const error = unavailable.get(name)
    if (error !== undefined) throw error
    return archiveOf(name)
  },
})

const observed = ({ id, digest, state, health, networks, limits }: SimulatedContainer): ObservedContainer => ({
  id,
  digest,
  state,
  health,
  networks: new Map(networks),
  limits: state === 'restarting' ? limits : 'unknown',
})

/** A copy: what happens in the engine later does not change it. */
const snapshot = ({ tenant: { networks, images, containers, jobs } }: SimulatedEngine): EngineSnapshot => ({
  networks: new Map(networks),
  images: new Set(images),
  containers: new Map([...containers].map(([name, container]) => [name, observed(container)])),
  jobs: new Set(jobs.keys()),
})

const probed = ({ state, health, restarts, exitCode, outOfMemory }: SimulatedContainer): ProbedContainer => ({
  state,
  health,
  restarts,
  exitCode,
  outOfMemory,
  lastedMs: 0,
})

/** The engine starts what ends by itself again, unless it was told to stop it. */
const suffer = (container: SimulatedContainer, ailment: Ailment | undefined): void => {
  if (ailment?.type === 'crash' && !container.stopped) {
    const { exitCode, outOfMemory } = ailment
    Object.assign(container, { state: 'restarting', health: 'none', exitCode, outOfMemory })
    container.restarts += 1
  } else if (container.state === 'restarting') {
    Object.assign(container, { state: 'running', health: 'starting', outOfMemory: false })
  }
}

/** A service that runs is healthy unless it ails, and its engine knows it from then on. */
const probe = ({ tenant }: SimulatedEngine, name: string): HealthProbe => {
  const container = tenant.containers.get(name)
  if (container === undefined)
    return { verdict: 'stopped', output: `the container ${name} is missing`, container: 'missing' }
  const ailment = tenant.ailments.get(name)
  suffer(container, ailment)
  if (container.state !== 'running')
    return { verdict: 'stopped', output: `the container ${name} does not run`, container: probed(container) }
  if (ailment?.type === 'unhealthy') {
    container.health = ailment.known ? 'unhealthy' : 'starting'
    return { verdict: 'unhealthy', output: ailment.output, container: probed(container) }
  }
  container.health = 'healthy'
  return { verdict: 'healthy', output: '', container: probed(container) }
}

const loadImage = ({ tenant }: SimulatedEngine, image: string, archivePath: string): void => {
  if (archivePath !== archiveOf(image)) {
    throw new TerminalError('ImageUnavailable', `the archive ${archivePath} does not hold ${image}`)
  }
  tenant.images.add(image)
}

const removeImage = ({ tenant }: SimulatedEngine, name: string): void => {
  if (![...tenant.containers.values()].some(({ image }) => image === name)) tenant.images.delete(name)
}

export const simulatedEngines = (world: World, clock: Clock): Engines => {
  const reach = (account: string): SimulatedEngine => {
    const tenant = world.tenant(account)
    if (tenant.engine) return { account, tenant }
    throw new WaitingError('EngineUnavailable', `the engine of ${account} does not answer`, RETRY_MS)
  }
  const change = (call: string, account: string, what: string): SimulatedEngine => {
    world.change(`${call} ${account} ${what}`.trim())
    return reach(account)
  }
  return {
    observe: async (account) => snapshot(reach(account)),
    createNetwork: async (account, network) =>
      createNetwork(change('createNetwork', account, network.name), engineId(world), network),
    removeNetwork: async (account, name) => removeNetwork(change('removeNetwork', account, name), name),
    createContainer: async (account, container, digest) =>
      createContainer(change('createContainer', account, container.name), engineId(world), container, digest),
    startContainer: async (account, name) => startContainer(change('startContainer', account, name), name),
    removeContainer: async (account, name) => removeContainer(change('removeContainer', account, name), name),
    stopContainers: async (account) => stopContainers(change('stopContainers', account, '')),
    async updateContainer(account, name, limits) {
      requireContainer(change('updateContainer', account, name), name).limits = limits
    },
    connectNetwork: async (account, name, attachment) =>
      connectNetwork(change('connectNetwork', account, `${name} ${attachment.network}`), name, attachment),
    async signal(account, name, signal) {
      requireContainer(change('signal', account, `${name} ${signal}`), name)
    },
    async probe(account, { name }, signal) {
      signal.throwIfAborted()
      return probe(reach(account), name)
    },
    async check(account, name, _command, signal) {
      signal.throwIfAborted()
      return probe(reach(account), name)
    },
    startJob: async (account, container) =>
      startJob(change('startJob', account, container.name), container, clock.now()),
    awaitJob: async (account, name, timeoutMs, signal) => awaitJob(reach(account), name, { timeoutMs, clock, signal }),
    loadImage: async (account, image, archivePath) =>
      loadImage(change('loadImage', account, image), image, archivePath),
    removeImage: async (account, name) => removeImage(change('removeImage', account, name), name),
    async logs(account, name) {
      const engine = reach(account)
      requireContainer(engine, name)
      const ailment = engine.tenant.ailments.get(name)
      return ailment?.type === 'crash' ? ailment.log : ''
    },
    events: (account, signal) => engineEvents(world.tenant(account), account, signal),
  }
}
