import { UNLIMITED } from '../../../src/plan/resources.ts'
import { WaitingError } from '../../../src/ports/errors.ts'
import type { Shapers } from '../../../src/ports/host.ts'
import type { World } from './world.ts'

const NIC_AGAIN_MS = 2_000

export const simulatedShapers = (world: World): Shapers => ({
  async observe({ interface: nic }) {
    if (world.shapingUnsupported !== undefined) {
      return { reason: 'BandwidthUnsupported', message: world.shapingUnsupported }
    }
    const account = world.accountOfInterface.get(nic)
    return account === undefined ? { in: UNLIMITED, out: UNLIMITED } : world.tenant(account).bandwidth
  },
  async ensure(account, _allocation, wanted) {
    world.change(`setBandwidth ${account}`)
    const tenant = world.tenant(account)
    if (!tenant.nic) throw new WaitingError('NicNotReady', `the interface of ${account} does not stand`, NIC_AGAIN_MS)
    if (world.shapingUnsupported === undefined) tenant.bandwidth = wanted
  },
  async drop(nic) {
    world.change(`dropShaper ${nic}`)
    const account = world.accountOfInterface.get(nic)
    if (account !== undefined) world.tenant(account).bandwidth = { in: UNLIMITED, out: UNLIMITED }
  },
})
