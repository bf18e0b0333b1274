import type { DesiredContainer, NetworkAttachment } from '../../../src/plan/resources.ts'
import { TerminalError, WaitingError } from '../../../src/ports/errors.ts'
import { tell } from './engine-events.ts'
import type { SimulatedContainer, SimulatedTenant } from './tenant.ts'

const RETRY_MS = 500

/** One account's engine, for as long as one call lasts. */
export interface SimulatedEngine {
  readonly account: string
  readonly tenant: SimulatedTenant
}

/** @throws WaitingError `ContainerMissing` */
export const requireContainer = ({ tenant }: SimulatedEngine, name: string): SimulatedContainer => {
  const container = tenant.containers.get(name)
  if (container === undefined) throw new WaitingError('ContainerMissing', `the container ${name} is gone`, RETRY_MS)
  return container
}

/** Ends it, if it runs, and removes it; nothing happens to what is not ours. */
export const removeContainer = ({ account, tenant }: SimulatedEngine, name: string): void => {
  tenant.jobs.delete(name)
  const container = tenant.containers.get(name)
  if (container === undefined) return
  if (container.state === 'running') tell(tenant, account, 'container', 'die', name)
  tenant.containers.delete(name)
  tell(tenant, account, 'container', 'destroy', name)
}

const start = ({ account, tenant }: SimulatedEngine, name: string, container: SimulatedContainer): void => {
  for (const [network, id] of container.networks) {
    if (tenant.networks.get(network)?.id !== id) throw new Error(`network ${network} not found`)
  }
  Object.assign(container, { state: 'running', health: 'starting', stopped: false, memoryKills: 0 })
  tell(tenant, account, 'container', 'start', name)
}

/** A failure in the middle leaves a container that is not running, and the one before it is gone. */
export const createContainer = (
  engine: SimulatedEngine,
  id: string,
  wanted: DesiredContainer,
  digest: string,
): void => {
  const { tenant } = engine
  const { name, image, limits } = wanted
  if (tenant.foreignContainers.has(name)) {
    throw new TerminalError('ContainerNameTaken', `a container named ${name} stands here that is not ours; remove it`)
  }
  removeContainer(engine, name)
  if (!tenant.images.has(image.name)) {
    throw new WaitingError('ImageMissing', `the image ${image.name} is not in the engine yet`, RETRY_MS)
  }
  const networks = new Map(wanted.networks.map(({ network }) => [network, tenant.networks.get(network)?.id ?? '']))
  const sources = wanted.mounts.map(({ source }) => source)
  const container: SimulatedContainer = {
    id,
    digest,
    image: image.name,
    limits,
    networks,
    sources,
    state: 'created',
    health: 'starting',
    stopped: false,
    restarts: 0,
    exitCode: 0,
    outOfMemory: false,
    memoryKills: 0,
  }
  tenant.containers.set(name, container)
  start(engine, name, container)
}

export const startContainer = (engine: SimulatedEngine, name: string): void => {
  const container = requireContainer(engine, name)
  if (container.state === 'running') return
  if (container.state === 'paused') container.state = 'running'
  else start(engine, name, container)
}

export const stopContainers = ({ account, tenant }: SimulatedEngine): void => {
  for (const [name, container] of tenant.containers) {
    if (container.state !== 'running') continue
    Object.assign(container, { state: 'exited', stopped: true })
    tell(tenant, account, 'container', 'die', name)
  }
}

export const connectNetwork = (engine: SimulatedEngine, name: string, { network }: NetworkAttachment): void => {
  const container = requireContainer(engine, name)
  const known = engine.tenant.networks.get(network)
  if (known === undefined) throw new Error(`network ${network} not found`)
  container.networks.set(network, known.id)
}
