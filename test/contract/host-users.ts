import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Allocation } from '../../src/plan/resources.ts'
import type { Users } from '../../src/ports/host.ts'

export interface UsersCase {
  readonly users: Users
  readonly account: string
  readonly allocation: Allocation
  /** Of nobody; disjoint. */
  readonly otherAllocation: Allocation
  readonly otherAccount: string
  /** Makes a user of that name that nobody calls ours. */
  makeForeign(account: string): Promise<void>
  removeForeign(account: string): Promise<void>
}

/** What every implementation of the port promises. The accounts of a case must not stand before. */
export const describeUsers = (name: string, makeCase: () => UsersCase): void => {
  describe(`${name} keeps the contract of Users`, () => {
    let it: UsersCase
    beforeEach(() => {
      it = makeCase()
    })
    afterEach(async () => {
      await it.users.drop(it.account)
      await it.users.drop(it.otherAccount)
    })

    test('a user is absent, then ours, then absent again', async () => {
      expect(await it.users.observe(it.account, it.allocation)).toBe('absent')
      await it.users.ensure(it.account, it.allocation)
      await it.users.ensure(it.account, it.allocation)
      expect(await it.users.observe(it.account, it.allocation)).toBe('ours')
      await it.users.drop(it.account)
      await it.users.drop(it.account)
      expect(await it.users.observe(it.account, it.allocation)).toBe('absent')
    })

    test('a user with other ids than allocated is incomplete, and gets them', async () => {
      await it.users.ensure(it.account, it.otherAllocation)
      expect(await it.users.observe(it.account, it.allocation)).toBe('incomplete')
      await it.users.ensure(it.account, it.allocation)
      expect(await it.users.observe(it.account, it.allocation)).toBe('ours')
      expect(await it.users.observe(it.otherAccount, it.otherAllocation)).toBe('absent')
      const { subIdBase } = it.otherAllocation
      expect(await it.users.observe(it.account, { ...it.allocation, subIdBase })).toBe('incomplete')
    })

    test('an id is given to one account, and is free again after it', async () => {
      await it.users.ensure(it.account, it.allocation)
      expect(await it.users.observe(it.otherAccount, it.allocation)).toBe('overlapping')
      await expect(it.users.ensure(it.otherAccount, it.allocation)).rejects.toMatchObject({
        name: 'TerminalError',
        reason: 'IdsTaken',
      })
      await it.users.drop(it.account)
      await it.users.ensure(it.otherAccount, it.allocation)
      expect(await it.users.observe(it.otherAccount, it.allocation)).toBe('ours')
    })

    test('a foreign user is refused, and never dropped', async () => {
      await it.makeForeign(it.account)
      try {
        expect(await it.users.observe(it.account, it.allocation)).toBe('foreign')
        await expect(it.users.ensure(it.account, it.allocation)).rejects.toMatchObject({ reason: 'NameTaken' })
        await it.users.drop(it.account)
        expect(await it.users.observe(it.account, it.allocation)).toBe('foreign')
      } finally {
        await it.removeForeign(it.account)
      }
    })
  })
}
