import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Allocation, type StorageLimits, UNLIMITED } from '../../src/plan/resources.ts'
import { isStorageInForce } from '../../src/plan/rules/storage.ts'
import type { Quotas } from '../../src/ports/quotas.ts'

export interface QuotasCase {
  readonly quotas: Quotas
  readonly account: string
  readonly allocation: Allocation
  /** Removes the account's tree, as its end does. */
  removeTree(): Promise<void>
}

const MEBI = 2 ** 20
const small: StorageLimits = { bytes: 64 * MEBI, inodes: 1_000 }
const large: StorageLimits = { bytes: 128 * MEBI, inodes: 2_000 }
const none: StorageLimits = { bytes: UNLIMITED, inodes: UNLIMITED }

/** What every implementation of the port promises. The account of a case must not stand before. */
export const describeQuotas = (name: string, makeCase: () => QuotasCase): void => {
  describe(`${name} keeps the contract of Quotas`, () => {
    let it: QuotasCase
    beforeEach(() => {
      it = makeCase()
    })
    afterEach(async () => {
      await it.quotas.drop(it.account, it.allocation)
      await it.removeTree()
    })

    const isInForce = async (limits: StorageLimits): Promise<boolean> => {
      const seen = await it.quotas.observe(it.account, it.allocation, limits)
      return seen.state === 'counted' && isStorageInForce(seen, limits)
    }

    test('a tree that was never made is not counted', async () => {
      expect(await it.quotas.observe(it.account, it.allocation, small)).toMatchObject({ state: 'uncounted' })
    })

    test.each([
      ['raised', small, large],
      ['lowered', large, small],
      ['left as they are', small, small],
      ['lifted', small, none],
      ['set later on', none, small],
    ])('limits are observed as they were set, and can be %s', async (_how, first, second) => {
      await it.quotas.ensure(it.account, it.allocation, first)
      expect(await isInForce(first)).toBe(true)
      await it.quotas.ensure(it.account, it.allocation, second)
      expect(await isInForce(second)).toBe(true)
    })

    test('another limit is not taken for the one that is asked for', async () => {
      await it.quotas.ensure(it.account, it.allocation, small)
      expect(await isInForce(large)).toBe(false)
      expect(await isInForce(none)).toBe(false)
    })

    test('nothing is in force for a tree that is gone, and dropping again is no error', async () => {
      await it.quotas.ensure(it.account, it.allocation, small)
      await it.quotas.drop(it.account, it.allocation)
      await it.removeTree()
      expect(await isInForce(small)).toBe(false)
      await it.quotas.drop(it.account, it.allocation)
    })
  })
}
