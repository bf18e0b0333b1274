import type { Allocation } from '../../../src/plan/resources.ts'
import { TerminalError } from '../../../src/ports/errors.ts'
import type { Users } from '../../../src/ports/host.ts'
import { need, type World } from './world.ts'

export const simulatedUsers = (world: World): Users => {
  const findOccupant = (account: string, { uid }: Allocation): string | undefined => {
    const bearer = world.accountOfUid.get(uid)
    if (bearer === undefined || bearer === account || !world.tenant(bearer).user) return undefined
    return `${bearer} has the uid ${uid}`
  }

  const isComplete = (account: string, { uid, gid, subIdBase }: Allocation): boolean => {
    const { identity } = world.tenant(account)
    return identity?.uid === uid && identity.gid === gid && identity.subIdBase === subIdBase
  }

  const forgetIds = (account: string): void => {
    const { identity } = world.tenant(account)
    if (identity !== undefined) world.accountOfUid.delete(identity.uid)
  }

  return {
    async observe(account, allocation) {
      if (world.tenant(account).foreignUser) return 'foreign'
      if (findOccupant(account, allocation) !== undefined) return 'overlapping'
      if (!world.tenant(account).user) return 'absent'
      return isComplete(account, allocation) ? 'ours' : 'incomplete'
    },
    findOccupant: async (account, allocation) => findOccupant(account, allocation),
    async findIndex(account) {
      const { user, identity } = world.tenant(account)
      return user ? identity?.index : undefined
    },
    async ensure(account, allocation) {
      world.change(`ensureUser ${account}`)
      if (world.tenant(account).foreignUser)
        throw new TerminalError('NameTaken', `a user ${account} exists that is not Palisade's`)
      const occupant = findOccupant(account, allocation)
      if (occupant !== undefined) throw new TerminalError('IdsTaken', occupant)
      forgetIds(account)
      world.accountOfUid.set(allocation.uid, account)
      Object.assign(world.tenant(account), { user: true, identity: allocation })
    },
    async drop(account) {
      world.change(`dropUser ${account}`)
      const tenant = world.tenant(account)
      if (tenant.foreignUser) return
      need(tenant.pid === undefined, 'no process of the user')
      forgetIds(account)
      tenant.user = false
      tenant.identity = undefined
    },
  }
}
