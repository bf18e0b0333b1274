import { isHostName } from '../../../src/drivers/edge/names.ts'
import { isEdgeEntry } from '../../../src/plan/edge-entry.ts'
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
      const entry = world.routes.get(host)
      if (entry !== undefined) seen.set(host, entry)
    }
    return seen
  },
  async publish(host, entry) {
    world.change(`publish ${host}`)
    check(isHostName(host), host)
    check(isEdgeEntry(entry), entry)
    world.routes.set(host, entry)
  },
  async withdraw(host) {
    world.change(`withdraw ${host}`)
    check(isHostName(host), host)
    world.routes.delete(host)
  },
})
