import type Docker from 'dockerode'
import { isSameNetwork } from '../../plan/networks.ts'
import type { DesiredNetwork } from '../../plan/resources.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { Engine } from './engine-client.ts'
import { doneOn } from './engine-errors.ts'
import { isOwn, ownLabels } from './labels.ts'
import { observedNetwork } from './snapshot.ts'

/** The list's filter matches parts of names too. */
const findNetwork = async ({ docker }: Engine, name: string): Promise<Docker.NetworkInspectInfo | undefined> => {
  const found = await docker.listNetworks({ filters: { name: [name] } })
  return found.find((network) => network.Name === name)
}

/** Endpoints go first: an engine refuses to remove a network that a container uses. */
const remove = async ({ docker }: Engine, id: string): Promise<void> => {
  const network = docker.getNetwork(id)
  const info = await network.inspect()
  for (const container of Object.keys(info.Containers ?? {})) {
    await network.disconnect({ Container: container, Force: true }).catch(doneOn(404))
  }
  await network.remove()
}

const ipv6Config = ({ ipv6Subnet }: DesiredNetwork) => (ipv6Subnet === 'none' ? [] : [{ Subnet: ipv6Subnet }])

/** @throws TerminalError `NetworkNameTaken` when a network that is not ours bears the name. */
export const createNetwork = async (engine: Engine, network: DesiredNetwork): Promise<void> => {
  const present = await findNetwork(engine, network.name)
  if (present !== undefined) {
    if (!isOwn(present.Labels, engine.owner)) {
      throw new TerminalError('NetworkNameTaken', `a network named ${network.name} stands here that is not ours`)
    }
    if (isSameNetwork(observedNetwork(present), network)) return
    await remove(engine, present.Id)
  }
  await engine.docker.createNetwork({
    Name: network.name,
    CheckDuplicate: true,
    Driver: 'bridge',
    Internal: network.internal,
    // Left out it would be true in engines whose daemon.json says so.
    EnableIPv6: network.ipv6Subnet !== 'none',
    IPAM: { Config: [{ Subnet: network.subnet, IPRange: network.dynamicRange }, ...ipv6Config(network)] },
    Labels: ownLabels(engine.owner),
  })
}

export const removeNetwork = async (engine: Engine, name: string): Promise<void> => {
  const present = await findNetwork(engine, name)
  if (present === undefined || !isOwn(present.Labels, engine.owner)) return
  await remove(engine, present.Id).catch(doneOn(404))
}
