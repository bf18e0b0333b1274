import { describe, expect, test } from 'vitest'
import { type Allocation, UNLIMITED } from '../../src/plan/resources.ts'
import type { Shapers } from '../../src/ports/host.ts'

export interface ShapersCase {
  readonly shapers: Shapers
  readonly account: string
  readonly allocation: Allocation
  /** Stands from then on, unshaped. */
  attachNic(): Promise<void>
  detachNic(): Promise<void>
}

const ANY = { in: UNLIMITED, out: UNLIMITED }

/** What every implementation of the port promises. Nothing stands when a case is made. */
export const describeShapers = (name: string, makeCase: () => ShapersCase): void => {
  describe(`${name} keeps the contract of Shapers`, () => {
    test('limits are set, changed, lifted one by one, and dropped', async () => {
      const { shapers, account, allocation, attachNic, detachNic } = makeCase()
      await attachNic()
      expect(await shapers.observe(allocation)).toEqual(ANY)
      for (const wanted of [
        { in: 10_000_000, out: UNLIMITED },
        { in: UNLIMITED, out: 100_000_000 },
        { in: 104_000, out: 10_000_000_000 },
        ANY,
        { in: 500_000_000, out: 64_000_000 },
      ]) {
        await shapers.ensure(account, allocation, wanted)
        expect(await shapers.observe(allocation)).toEqual(wanted)
        await shapers.ensure(account, allocation, wanted)
        expect(await shapers.observe(allocation)).toEqual(wanted)
      }
      await shapers.drop(allocation.interface)
      await shapers.drop(allocation.interface)
      expect(await shapers.observe(allocation)).toEqual(ANY)
      await detachNic()
    })

    test('limits go with the NIC, and wait for a new one', async () => {
      const { shapers, account, allocation, attachNic, detachNic } = makeCase()
      const wanted = { in: 10_000_000, out: 20_000_000 }
      await expect(shapers.ensure(account, allocation, wanted)).rejects.toMatchObject({ reason: 'NicNotReady' })
      await attachNic()
      await shapers.ensure(account, allocation, wanted)
      await detachNic()
      expect(await shapers.observe(allocation)).toEqual(ANY)
      await attachNic()
      expect(await shapers.observe(allocation)).toEqual(ANY)
      await shapers.ensure(account, allocation, wanted)
      expect(await shapers.observe(allocation)).toEqual(wanted)
      await detachNic()
      await shapers.drop(allocation.interface)
    })
  })
}
