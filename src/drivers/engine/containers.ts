import type Docker from 'dockerode'
import type { DesiredContainer, NetworkAttachment, ServiceLimits } from '../../plan/resources.ts'
import { TerminalError, WaitingError } from '../../ports/errors.ts'
import { containerOptions, endpointSettings, limitOptions } from './container-options.ts'
import type { Engine } from './engine-client.ts'
import { doneOn, isStatus, waitOn } from './engine-errors.ts'
import { isOwn, ownFilter, serviceLabels } from './labels.ts'

const RETRY_MS = 500

const HTTP_NOT_MODIFIED = 304
const HTTP_FORBIDDEN = 403
const HTTP_NOT_FOUND = 404
const HTTP_CONFLICT = 409

/** Of any owner. */
const inspect = async ({ docker }: Engine, name: string): Promise<Docker.ContainerInspectInfo | undefined> => {
  try {
    return await docker.getContainer(name).inspect()
  } catch (error) {
    if (isStatus(error, HTTP_NOT_FOUND)) return undefined
    throw error
  }
}

/** Undefined when none of ours bears the name. */
export const findOwn = async (engine: Engine, name: string): Promise<Docker.ContainerInspectInfo | undefined> => {
  const info = await inspect(engine, name)
  return info !== undefined && isOwn(info.Config.Labels, engine.owner) ? info : undefined
}

/** @throws WaitingError `ContainerMissing`: the next look at the engine plans for it. */
export const requireOwn = async (engine: Engine, name: string): Promise<Docker.ContainerInspectInfo> => {
  const info = await findOwn(engine, name)
  if (info === undefined) throw new WaitingError('ContainerMissing', `the container ${name} is gone`, RETRY_MS)
  return info
}

export const remove = async ({ docker }: Engine, info: Docker.ContainerInspectInfo): Promise<void> => {
  const container = docker.getContainer(info.Id)
  if (info.State.Paused) await container.unpause().catch(doneOn(HTTP_NOT_FOUND, HTTP_CONFLICT))
  await container.stop().catch(doneOn(HTTP_NOT_MODIFIED, HTTP_NOT_FOUND))
  await container
    .remove({ force: true, v: true })
    .catch(waitOn(HTTP_CONFLICT, 'ContainerEnding', `the engine is still removing the container ${info.Name.slice(1)}`))
    .catch(doneOn(HTTP_NOT_FOUND))
}

/** @throws TerminalError `ContainerNameTaken` for what is not ours. */
export const makeRoom = async (engine: Engine, name: string): Promise<void> => {
  const present = await inspect(engine, name)
  if (present === undefined) return
  if (!isOwn(present.Config.Labels, engine.owner)) {
    throw new TerminalError('ContainerNameTaken', `a container named ${name} stands here that is not ours; remove it`)
  }
  await remove(engine, present)
}

/** A failure in the middle leaves a container that is not running; {@link makeRoom} takes it away. */
export const createAndStart = async (
  { docker }: Engine,
  { name, image, networks }: DesiredContainer,
  options: Docker.ContainerCreateOptions,
): Promise<void> => {
  const created = await docker
    .createContainer(options)
    .catch(waitOn(HTTP_NOT_FOUND, 'ImageMissing', `the image ${image.name} is not in the engine yet`))
    .catch(waitOn(HTTP_CONFLICT, 'ContainerEnding', `the name ${name} is not free yet`))
  for (const attachment of networks.slice(1)) {
    await docker
      .getNetwork(attachment.network)
      .connect({ Container: created.id, EndpointConfig: endpointSettings(attachment) })
  }
  await created.start()
}

export const createContainer = async (engine: Engine, container: DesiredContainer, digest: string): Promise<void> => {
  const labels = serviceLabels(engine.owner, container.service, digest)
  const options = containerOptions(container, labels, engine.fence)
  await makeRoom(engine, container.name)
  await createAndStart(engine, container, options)
}

export const startContainer = async (engine: Engine, name: string): Promise<void> => {
  const info = await requireOwn(engine, name)
  const container = engine.docker.getContainer(info.Id)
  if (info.State.Paused) await container.unpause()
  else await container.start().catch(doneOn(HTTP_NOT_MODIFIED))
}

export const removeContainer = async (engine: Engine, name: string): Promise<void> => {
  const info = await findOwn(engine, name)
  if (info !== undefined) await remove(engine, info)
}

/** Each within its own stop timeout, all at once. */
export const stopContainers = async ({ docker, owner }: Engine): Promise<void> => {
  const infos = await docker.listContainers({ filters: ownFilter(owner) })
  await Promise.all(
    infos.map(({ Id }) => docker.getContainer(Id).stop().catch(doneOn(HTTP_NOT_MODIFIED, HTTP_NOT_FOUND))),
  )
}

export const updateContainer = async (engine: Engine, name: string, limits: ServiceLimits): Promise<void> => {
  const info = await requireOwn(engine, name)
  await engine.docker.getContainer(info.Id).update(limitOptions(limits))
}

/** A container that does not run reads its configuration when it starts, so there is nothing to tell it. */
export const signalContainer = async (engine: Engine, name: string, signal: string): Promise<void> => {
  const info = await requireOwn(engine, name)
  await engine.docker.getContainer(info.Id).kill({ signal }).catch(doneOn(HTTP_CONFLICT))
}

/**
 * A container that did not run while its network was made anew still points to the former one, which has to be taken
 * off by force before the new one of the same name can be put on.
 */
export const connectNetwork = async (engine: Engine, name: string, attachment: NetworkAttachment): Promise<void> => {
  const info = await requireOwn(engine, name)
  const network = engine.docker.getNetwork(attachment.network)
  const { Id: wanted } = await network.inspect()
  const present = info.NetworkSettings.Networks[attachment.network]
  if (present?.NetworkID === wanted) return
  if (present !== undefined) {
    await network.disconnect({ Container: info.Id, Force: true }).catch(doneOn(HTTP_FORBIDDEN, HTTP_NOT_FOUND))
  }
  await network.connect({ Container: info.Id, EndpointConfig: endpointSettings(attachment) })
}
