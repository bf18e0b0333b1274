import type { Cgroups } from '../../../src/ports/host.ts'
import { endSandbox, type SimulatedTenant } from './tenant.ts'
import type { World } from './world.ts'

const GROUP_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

export const simulatedCgroups = (world: World): Cgroups => {
  const groupOf = (account: string): SimulatedTenant => {
    if (!GROUP_NAME.test(account)) throw new RangeError(`${JSON.stringify(account)} can't name a control group`)
    return world.tenant(account)
  }
  return {
    observe: async (account) => groupOf(account).limits ?? 'absent',
    async observeServices(account, containerIds) {
      const asked = new Set(containerIds)
      const running = [...groupOf(account).containers.values()].filter(({ state }) => state === 'running')
      return new Map(running.filter(({ id }) => asked.has(id)).map(({ id, limits }) => [id, limits]))
    },
    async observeMemoryKills(account, containerIds) {
      const asked = new Set(containerIds)
      const running = [...groupOf(account).containers.values()].filter(({ state }) => state === 'running')
      return new Map(running.filter(({ id }) => asked.has(id)).map(({ id, memoryKills }) => [id, memoryKills]))
    },
    async ensure(account, _allocation, limits) {
      world.change(`setTenantLimits ${account}`)
      groupOf(account).limits = limits
    },
    async drop(account) {
      world.change(`dropCgroup ${account}`)
      const tenant = groupOf(account)
      endSandbox(tenant)
      tenant.limits = undefined
    },
  }
}
