import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settings } from '../../test/fakes/accounts.ts'
import { allocationOf, capacity, SUBORDINATE_IDS } from './allocation.ts'

describe('an allocation', () => {
  it('is a /30 of the pool: the host has its first address, the tenant its second', () => {
    expect(allocationOf(settings, 0)).toMatchObject({ hostAddress: '10.90.0.1', tenantAddress: '10.90.0.2' })
    expect(allocationOf(settings, 64)).toMatchObject({ hostAddress: '10.90.1.1', tenantAddress: '10.90.1.2' })
    expect(allocationOf(settings, 16_383)).toMatchObject({
      hostAddress: '10.90.255.253',
      tenantAddress: '10.90.255.254',
    })
  })

  it('has a /126 of the IPv6 pool in the same order, or none', () => {
    const link = { hostAddress: 'fd00:90::ffe1', tenantAddress: 'fd00:90::ffe2', prefixLength: 126 }
    expect(allocationOf({ ...settings, ipv6Pool: 'fd00:90::/64' }, 16_376).ipv6).toEqual(link)
    expect(allocationOf({ ...settings, ipv6Pool: '' }, 16_376).ipv6).toBe('none')
  })

  it('shares nothing with any other', () => {
    const indexes = fc.uniqueArray(fc.nat({ max: capacity(settings) - 1 }), { minLength: 2, maxLength: 2 })
    fc.assert(
      fc.property(indexes, ([a = 0, b = 1]) => {
        const [one, two] = [allocationOf(settings, a), allocationOf(settings, b)]
        expect(Math.abs(one.subIdBase - two.subIdBase)).toBeGreaterThanOrEqual(SUBORDINATE_IDS)
        expect(new Set([one.uid, two.uid, one.subIdBase, two.subIdBase]).size).toBe(4)
        expect(new Set([one.hostAddress, one.tenantAddress, two.hostAddress, two.tenantAddress]).size).toBe(4)
        expect(one.interface).not.toBe(two.interface)
      }),
    )
  })

  it('ends with the pool', () => {
    expect(() => allocationOf(settings, 16_384)).toThrow(/room for 16384 accounts/)
  })

  it('has names of interfaces that the kernel takes', () => {
    expect(allocationOf(settings, 16_383).interface.length).toBeLessThanOrEqual(15)
  })
})
