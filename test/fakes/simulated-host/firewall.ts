import type { Firewall } from '../../../src/ports/host.ts'
import type { World } from './world.ts'

/** The table always stands. */
export const simulatedFirewall = (world: World): Firewall => ({
  observe: async () => 'ready',
  ensure: async () => {},
  drop: async () => world.policies.clear(),
  observePolicy: async ({ interface: name }) => world.policies.get(name) ?? 'absent',
  async setPolicy({ interface: name }, policy) {
    world.change(`setOutbound ${name}`)
    world.policies.set(name, policy)
  },
  async dropPolicy(interfaceName) {
    world.change(`dropOutbound ${interfaceName}`)
    world.policies.delete(interfaceName)
  },
})
