import { isSameNetwork } from '../../../src/plan/networks.ts'
import type { DesiredNetwork } from '../../../src/plan/resources.ts'
import { TerminalError } from '../../../src/ports/errors.ts'
import type { SimulatedEngine } from './containers.ts'
import { tell } from './engine-events.ts'

/** A container that does not run still points to the network that is gone. */
export const removeNetwork = ({ account, tenant }: SimulatedEngine, name: string): void => {
  if (!tenant.networks.delete(name)) return
  for (const { state, networks } of tenant.containers.values()) if (state === 'running') networks.delete(name)
  tell(tenant, account, 'network', 'destroy', name)
}

export const createNetwork = (engine: SimulatedEngine, id: string, wanted: DesiredNetwork): void => {
  const { name, internal, subnet, ipv6Subnet } = wanted
  if (engine.tenant.foreignNetworks.has(name)) {
    throw new TerminalError('NetworkNameTaken', `a network named ${name} stands here that is not ours`)
  }
  const present = engine.tenant.networks.get(name)
  if (present !== undefined && isSameNetwork(present, wanted)) return
  removeNetwork(engine, name)
  engine.tenant.networks.set(name, { id, internal, subnet, ipv6Subnet })
}
