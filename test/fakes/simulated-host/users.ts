import type { Allocation } from '../../../src/plan/resources.ts'
import { TerminalError } from '../../../src/ports/errors.ts'
import type { Users } from '../../../src/ports/host.ts'
import { need, type World } from './world.ts'

export const simulatedUsers = (world: World): Users => {
  const findConflict = (account: string, { uid }: Allocation): string | undefined => {
    if (world.tenant(account).foreignUser) return `a user ${account} exists that is not Palisade's`
    const bearer = world.accountOfUid.get(uid)
    if (bearer === undefined || bearer === account || !world.tenant(bearer).user) return undefined
    return `user ${bearer} has the uid ${uid}`
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
      if (findConflict(account, allocation) !== undefined) return 'foreign'
      if (!world.tenant(account).user) return 'absent'
      return isComplete(account, allocation) ? 'ours' : 'incomplete'
    },
    async ensure(account, allocation) {
      world.change(`ensureUser ${account}`)
      const conflict = findConflict(account, allocation)
      if (conflict !== undefined) throw new TerminalError('NameTaken', conflict)
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
