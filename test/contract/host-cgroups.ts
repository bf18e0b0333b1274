import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NO_IO_LIMITS } from '../../src/plan/io-limits.ts'
import type { Allocation, IoLimits, TenantLimits } from '../../src/plan/resources.ts'
import type { Cgroups } from '../../src/ports/host.ts'

export interface CgroupsCase {
  readonly cgroups: Cgroups
  readonly account: string
  readonly allocation: Allocation
}

const MEBIBYTE = 1024 * 1024
const small: TenantLimits = { cpuMillis: 500, memoryBytes: 64 * MEBIBYTE, pids: 50 }
const slow: IoLimits = { readBytes: 10 * MEBIBYTE, writeBytes: MEBIBYTE, readOperations: 500, writeOperations: 100 }
const large: TenantLimits = { cpuMillis: 2000, memoryBytes: 1024 * MEBIBYTE, pids: 500 }

/** What every implementation of the port promises. The account of a case must not stand before. */
export const describeCgroups = (name: string, makeCase: () => CgroupsCase): void => {
  describe(`${name} keeps the contract of Cgroups`, () => {
    let it: CgroupsCase
    beforeEach(() => {
      it = makeCase()
    })
    afterEach(() => it.cgroups.drop(it.account))

    test('an account that was never made is absent', async () => {
      expect(await it.cgroups.observe(it.account)).toBe('absent')
    })

    test.each([
      ['raised', small, large],
      ['lowered', large, small],
      ['left as they are', small, small],
    ])('limits are observed as they were set, and can be %s', async (_how, first, second) => {
      await it.cgroups.ensure(it.account, it.allocation, first)
      expect(await it.cgroups.observe(it.account)).toEqual(first)
      await it.cgroups.ensure(it.account, it.allocation, second)
      expect(await it.cgroups.observe(it.account)).toEqual(second)
    })

    test('what may be read and written is unlimited until it is limited, or can not be', async () => {
      await it.cgroups.ensure(it.account, it.allocation, small)
      const before = await it.cgroups.observeIo(it.account)
      await it.cgroups.limitIo(it.account, slow)
      const after = await it.cgroups.observeIo(it.account)
      if ('reason' in before) return expect(after).toEqual(before)
      expect(before).toEqual(NO_IO_LIMITS)
      expect(after).toEqual(slow)
      await it.cgroups.limitIo(it.account, NO_IO_LIMITS)
      expect(await it.cgroups.observeIo(it.account)).toEqual(NO_IO_LIMITS)
    })

    test('a group that is made again has no limits of the former one', async () => {
      await it.cgroups.ensure(it.account, it.allocation, small)
      await it.cgroups.limitIo(it.account, slow)
      await it.cgroups.drop(it.account)
      await it.cgroups.ensure(it.account, it.allocation, small)
      if (!('reason' in (await it.cgroups.observeIo(it.account))))
        expect(await it.cgroups.observeIo(it.account)).toEqual(NO_IO_LIMITS)
    })

    test('services that do not run are left out', async () => {
      await it.cgroups.ensure(it.account, it.allocation, small)
      expect(await it.cgroups.observeServices(it.account, ['0'.repeat(64)])).toEqual(new Map())
    })

    test('a dropped account is absent, and dropping again is no error', async () => {
      await it.cgroups.ensure(it.account, it.allocation, small)
      await it.cgroups.drop(it.account)
      expect(await it.cgroups.observe(it.account)).toBe('absent')
      await it.cgroups.drop(it.account)
    })

    test.each(['', '..', 'a/b', '.hidden'])('the name %j leads to no group', async (name) => {
      await expect(it.cgroups.observe(name)).rejects.toThrow(RangeError)
      await expect(it.cgroups.ensure(name, it.allocation, small)).rejects.toThrow(RangeError)
      await expect(it.cgroups.drop(name)).rejects.toThrow(RangeError)
    })
  })
}
