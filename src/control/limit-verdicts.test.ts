import { expect, test } from 'vitest'
import { account, settings } from '../../test/fakes/accounts.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { systemClock } from '../drivers/clock.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { allocationOf } from '../plan/allocation.ts'
import { NO_IO_LIMITS } from '../plan/io-limits.ts'
import { render } from '../plan/render.ts'
import type { DesiredTenant, IoLimits, ObservedTenant } from '../plan/resources.ts'
import { limitVerdicts } from './limit-verdicts.ts'
import { observe } from './observe.ts'

const slow: IoLimits = { ...NO_IO_LIMITS, readBytes: 1_048_576 }

const verdictsOf = async (io: IoLimits, seen: Partial<ObservedTenant>): Promise<readonly string[]> => {
  const desired: DesiredTenant = render(account('alice', { io }), allocationOf(settings, 0), settings, allKinds)
  const observed = await observe(new SimulatedHost(systemClock).ports(), desired, new Set())
  return limitVerdicts(desired, { ...observed, ...seen }).map(
    ({ type, status, reason }) => `${type}=${status} ${reason}`,
  )
}

const noDisk = { reason: 'NoBlockDevice', message: 'it is on tmpfs' }
const noSwap = { reason: 'SwapNotCounted', message: 'swap' }

test.each([
  ['nothing that was not asked for', NO_IO_LIMITS, { io: noDisk }, []],
  ['a limit that holds', slow, { io: slow }, ['IoLimitEnforced=True AsDesired']],
  ['a limit that does not hold yet', slow, { io: NO_IO_LIMITS }, ['IoLimitEnforced=False Pending']],
  ['a limit that the host can not enforce', slow, { io: noDisk }, ['IoLimitEnforced=False NoBlockDevice']],
  ['swap that is not counted', NO_IO_LIMITS, { swap: noSwap }, ['SwapLimitEnforced=False SwapNotCounted']],
])('tells of %s', async (_what, io, seen: Partial<ObservedTenant>, told) => {
  expect(await verdictsOf(io, seen)).toEqual(told)
})
