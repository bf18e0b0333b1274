import { describe, expect, it } from 'vitest'
import { account, settings } from '../../../test/fakes/accounts.ts'
import { instantClock } from '../../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../../test/fakes/simulated-host.ts'
import { observe } from '../../control/observe.ts'
import { allKinds } from '../../kinds/all-kinds.ts'
import { allocationOf } from '../allocation.ts'
import { makeDeletionPlan } from '../make-deletion-plan.ts'
import { makePlan } from '../make-plan.ts'
import { makeStopPlan } from '../make-stop-plan.ts'
import { render } from '../render.ts'
import { type Bandwidth, type ObservedTenant, UNLIMITED } from '../resources.ts'
import type { ResourceId } from '../steps.ts'

const allocation = allocationOf(settings, 0)
const ANY: Bandwidth = { in: UNLIMITED, out: UNLIMITED }
const LIMITED: Bandwidth = { in: 10_000_000, out: UNLIMITED }
const SHAPER = 'shaper/alice'

const desiredOf = (bandwidth: Bandwidth) => render(account('alice', { bandwidth }), allocation, settings, allKinds)

/** A tenant of which nothing stands but what `seen` says. */
const plan = async (wanted: Bandwidth, seen: Partial<ObservedTenant>, inventory: readonly ResourceId[] = []) => {
  const desired = desiredOf(wanted)
  const observed = await observe(new SimulatedHost(instantClock()).ports(), desired, new Set())
  return makePlan(desired, { ...observed, ...seen }, new Set(inventory)).steps
}
const STANDING: Partial<ObservedTenant> = { sandbox: { pid: 7 }, nic: 'ready' }

describe('the plan of bandwidth', () => {
  it('sets the limits on a new interface, before the engine starts', async () => {
    const steps = await plan(LIMITED, { bandwidth: LIMITED })
    const nic = steps.find(({ action }) => action === 'attachNic')
    const set = steps.find(({ action }) => action === 'setBandwidth')
    const engine = steps.find(({ action }) => action === 'startEngine')
    expect(set?.args).toEqual({ bandwidth: LIMITED })
    expect(set?.after).toContain(nic?.id)
    expect(engine?.after).toContain(set?.id)
  })

  it('changes what differs, and says how', async () => {
    const [step, ...others] = (await plan(LIMITED, STANDING)).filter(({ target }) => target === SHAPER)
    expect(others).toEqual([])
    expect(step?.cause).toBe(
      'the kernel lets any rate in and any rate out pass, wanted is 10000000 bit/s in and any rate out',
    )
  })

  it.each([
    ['that is in force', LIMITED, { ...STANDING, bandwidth: LIMITED }],
    [
      'that the kernel has no means for',
      LIMITED,
      { ...STANDING, bandwidth: { reason: 'BandwidthUnsupported', message: 'no ifb' } },
    ],
    ['that nobody asks for', ANY, {}],
  ])('leaves a limit alone %s', async (_which, wanted, seen) => {
    expect((await plan(wanted, seen)).filter(({ target }) => target === SHAPER)).toEqual([])
  })

  it('drops what it set once, when the limits are lifted', async () => {
    const steps = await plan(ANY, { ...STANDING, bandwidth: LIMITED }, [SHAPER])
    expect(steps.filter(({ target }) => target === SHAPER).map(({ action }) => action)).toEqual(['dropShaper'])
  })

  it('drops it after the interface when the tenant ends or stops', () => {
    const inventory = new Set<ResourceId>([SHAPER, 'nic/alice', 'sandbox/alice'])
    const deletion = {
      account: 'alice',
      interface: allocation.interface,
      inventory,
      routes: [],
      zones: [],
      retainData: false,
    }
    for (const { steps } of [makeDeletionPlan(deletion), makeStopPlan({ account: 'alice', allocation, inventory })]) {
      const detached = steps.find(({ action }) => action === 'detachNic')
      const dropped = steps.find(({ action }) => action === 'dropShaper')
      expect(dropped?.args).toEqual({ interface: allocation.interface })
      expect(dropped?.after).toContain(detached?.id)
    }
  })
})
