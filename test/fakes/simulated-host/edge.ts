import { isHostName, isUpstream } from '../../../src/drivers/edge/names.ts'
import { TerminalError } from '../../../src/ports/errors.ts'
import type { Edge } from '../../../src/ports/host.ts'
import type { World } from './world.ts'

const check = (holds: boolean, text: string): void => {
  if (!holds) throw new TerminalError('InvalidRoute', `${JSON.stringify(text)} can't stand in the edge's table`)
}

/** Only names that were checked stand in the table, so looking needs no check. */
export const simulatedEdge = (world: World): Edge => ({
  async observe(hosts) {
    const seen = new Map<string, string>()
    for (const host of hosts) {
      const upstream = world.routes.get(host)
      if (upstream !== undefined) seen.set(host, upstream)
    }
    return seen
  },
  async publish(host, upstream) {
    world.change(`publish ${host}`)
    check(isHostName(host), host)
    check(isUpstream(upstream), upstream)
    world.routes.set(host, upstream)
  },
  async withdraw(host) {
    world.change(`withdraw ${host}`)
    check(isHostName(host), host)
    world.routes.delete(host)
  },
})
