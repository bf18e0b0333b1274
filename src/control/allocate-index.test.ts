import { beforeEach, expect, test } from 'vitest'
import { settings } from '../../test/fakes/accounts.ts'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { allocationOf } from '../plan/allocation.ts'
import { allocateIndex, nextIndex } from './allocate-index.ts'

let host: SimulatedHost
beforeEach(() => {
  host = new SimulatedHost(instantClock())
})
const context = () => ({ ports: host.ports(), settings })

/** Someone else's interface in the place of a tenant's. */
const occupy = (index: number): void => {
  host.accountOfInterface.set(allocationOf(settings, index).interface, 'someone')
}

test('an index of which something stands is left out, and that is told once', async () => {
  for (const index of [0, 1, 2]) occupy(index)
  expect(await nextIndex(context(), 'alice')).toBe(3)
  expect(host.events).toEqual([])
  expect(await allocateIndex(context(), 'alice')).toBe(3)
  expect(host.events.map(({ reason, message }) => [reason, message])).toEqual([
    ['IndexLeftOut', 'index 0 and 2 more are left out: an interface pal0 exists'],
  ])
  expect(await allocateIndex(context(), 'bob')).toBe(4)
  expect(host.events).toHaveLength(1)
})

test('accounts that come at once get different ones', async () => {
  occupy(0)
  const names = ['alice', 'bob', 'carol']
  const daemon = context()
  expect(await Promise.all(names.map((name) => allocateIndex(daemon, name)))).toEqual([1, 2, 3])
})

test('an account whose record was lost gets its own again', async () => {
  await host.ports().users.ensure('alice', allocationOf(settings, 7))
  expect(await nextIndex(context(), 'alice')).toBe(7)
  expect(await allocateIndex(context(), 'alice')).toBe(7)
  expect(await allocateIndex(context(), 'bob')).toBe(8)
})

test('nobody gets one while the pool is of another network', async () => {
  const { nics, ...ports } = host.ports()
  const observePool = async () => ({ reason: 'PoolOverlaps', message: 'the pool overlaps' })
  const overlapping = { ports: { ...ports, nics: { ...nics, observePool } }, settings }
  await expect(allocateIndex(overlapping, 'alice')).rejects.toMatchObject({ reason: 'PoolOverlaps' })
  await expect(nextIndex(overlapping, 'alice')).rejects.toMatchObject({ reason: 'PoolOverlaps' })
})
