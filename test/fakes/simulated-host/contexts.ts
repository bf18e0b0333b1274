import { TerminalError } from '../../../src/ports/errors.ts'
import type { Contexts } from '../../../src/ports/host.ts'
import type { World } from './world.ts'

export const simulatedContexts = (world: World): Contexts => ({
  async observe(account) {
    const { context, foreignContext } = world.tenant(account)
    if (foreignContext) return 'foreign'
    return context ? 'ours' : 'absent'
  },
  async create(account) {
    world.change(`createContext ${account}`)
    const tenant = world.tenant(account)
    if (tenant.foreignContext) {
      throw new TerminalError('NameTaken', `a Docker context ${account} exists that is not Palisade's`)
    }
    tenant.context = true
  },
  async drop(account) {
    world.change(`dropContext ${account}`)
    world.tenant(account).context = false
  },
})
