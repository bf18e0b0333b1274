import { tenantLayout } from '../../../src/plan/settings.ts'
import type { Quotas } from '../../../src/ports/quotas.ts'
import type { World } from './world.ts'

/** A file system that counts bytes and inodes of every tree, and makes the tree when it is to be counted. */
export const simulatedQuotas = (world: World): Quotas => ({
  async observe(account) {
    const { storage } = world.tenant(account)
    if (storage === undefined) return { state: 'uncounted', cause: `the tree of ${account} is not counted` }
    return { state: 'counted', ...storage, used: { bytes: 'unknown', inodes: 'unknown' } }
  },
  uncounted: async () => [],
  async ensure(account, _allocation, limits) {
    world.change(`setStorageLimits ${account}`)
    const tenant = world.tenant(account)
    const { tree } = tenantLayout(world.settings, account)
    if (!tenant.directories.has(tree)) tenant.directories.set(tree, { uid: 0, gid: 0, mode: 0o700 })
    tenant.storage = limits
  },
  async drop(account) {
    world.change(`dropStorageLimits ${account}`)
    world.tenant(account).storage = undefined
  },
})
