import { systemClock } from '../src/drivers/clock.ts'
import { runProgram } from '../src/drivers/host/program.ts'
import { createShapers } from '../src/drivers/host/shapers.ts'
import { allocationOf } from '../src/plan/allocation.ts'
import { testSettings } from '../test/fixtures/host-settings.ts'
import { type Direction, measureRate, shapedLink } from '../test/fixtures/shaped-link.ts'
import type { Result } from './result.ts'

const MEGABIT = 1_000_000
/** Far above those of accounts, whose interfaces are numbered from 0. */
const INDEX = 9_001
const RATES = [10, 100, 500]
const DIRECTIONS: readonly Direction[] = ['in', 'out']
const SECONDS = 10
const GOAL_PERCENT = 5

/** (f): how far from its limit the kernel lets a NIC's traffic pass over ten seconds, each direction at each rate. */
export const measureThrottle = async (signal: AbortSignal): Promise<readonly Result[]> => {
  const settings = testSettings('/run/pl6', { instance: 'pl6', interfacePrefix: 'pl6', ipv4Pool: '10.115.0.0/16' })
  const allocation = allocationOf(settings, INDEX)
  const shapers = createShapers({ settings, runProgram, clock: systemClock })
  const link = shapedLink(settings, allocation)
  const results: Result[] = []
  await link.make()
  try {
    for (const rate of RATES) {
      const limit = rate * MEGABIT
      await shapers.ensure('plbench', allocation, { in: limit, out: limit })
      for (const direction of DIRECTIONS) {
        signal.throwIfAborted()
        const { passed } = await measureRate(link, direction, SECONDS)
        const title = `throttle error, ${rate} Mbit/s ${direction}`
        const value = (Math.abs(passed - limit) / limit) * 100
        results.push({ id: 'f', kind: 'limit', unit: '%', title, value, goal: GOAL_PERCENT })
      }
    }
  } finally {
    await link.remove()
  }
  return results
}
