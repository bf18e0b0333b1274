import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Allocation, OutboundPolicy } from '../../src/plan/resources.ts'
import type { Firewall } from '../../src/ports/host.ts'

export interface FirewallCase {
  readonly firewall: Firewall
  /** Of two accounts. */
  readonly allocations: readonly [Allocation, Allocation]
}

const open: OutboundPolicy = {
  internet: true,
  smtp: true,
  hostedSites: true,
  privateRanges: ['10.0.0.0/8', '192.168.1.5/32', 'fd00:1::/64'],
}
const closed: OutboundPolicy = { internet: false, smtp: false, hostedSites: false, privateRanges: [] }

/** What every implementation of the port promises. No policy must stand before. */
export const describeFirewall = (name: string, makeCase: () => FirewallCase): void => {
  describe(`${name} keeps the contract of Firewall`, () => {
    let firewall: Firewall
    let one: Allocation
    let other: Allocation
    beforeEach(() => {
      const made = makeCase()
      firewall = made.firewall
      ;[one, other] = made.allocations
    })
    afterEach(() => firewall.drop())

    test('an account without a policy has none', async () => {
      expect(await firewall.observePolicy(one)).toBe('absent')
    })

    test.each([
      ['opened', closed, open],
      ['closed', open, closed],
      ['narrowed', open, { ...open, privateRanges: ['10.1.0.0/16'] }],
      ['left as it is', open, open],
    ])('a policy is observed as it was set, and can be %s', async (_how, first, second) => {
      await firewall.setPolicy(one, first)
      expect(await firewall.observePolicy(one)).toEqual(first)
      await firewall.setPolicy(one, second)
      expect(await firewall.observePolicy(one)).toEqual(second)
      expect(await firewall.observePolicy(other)).toBe('absent')
    })

    test('policies set at once all stand, beside a table that is replaced', async () => {
      await Promise.all([firewall.setPolicy(one, open), firewall.ensure(), firewall.setPolicy(other, closed)])
      expect(await firewall.observe()).toBe('ready')
      expect(await firewall.observePolicy(one)).toEqual(open)
      expect(await firewall.observePolicy(other)).toEqual(closed)
    })

    test('a dropped policy is absent, and dropping again is no error', async () => {
      await firewall.setPolicy(one, open)
      await firewall.setPolicy(other, closed)
      await firewall.dropPolicy(one.interface)
      await firewall.dropPolicy(one.interface)
      expect(await firewall.observePolicy(one)).toBe('absent')
      expect(await firewall.observePolicy(other)).toEqual(closed)
    })
  })
}
