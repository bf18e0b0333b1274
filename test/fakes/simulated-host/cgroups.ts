import { NO_IO_LIMITS } from '../../../src/plan/io-limits.ts'
import type { Cgroups } from '../../../src/ports/host.ts'
import { endSandbox, type SimulatedTenant } from './tenant.ts'
import { need, type World } from './world.ts'

const GROUP_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

export const simulatedCgroups = (world: World): Cgroups => {
  const groupOf = (account: string): SimulatedTenant => {
    if (!GROUP_NAME.test(account)) throw new RangeError(`${JSON.stringify(account)} can't name a control group`)
    return world.tenant(account)
  }
  return {
    observe: async (account) => groupOf(account).limits ?? 'absent',
    observeIo: async (account) => groupOf(account).io ?? NO_IO_LIMITS,
    async observeSwap(account) {
      groupOf(account)
      return 'counted'
    },
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
    async limitIo(account, io) {
      world.change(`setIoLimits ${account}`)
      need(groupOf(account).limits !== undefined, 'a control group')
      groupOf(account).io = io
    },
    async drop(account) {
      world.change(`dropCgroup ${account}`)
      const tenant = groupOf(account)
      endSandbox(tenant)
      tenant.limits = undefined
      tenant.io = undefined
    },
  }
}
