import { nextSerial } from '../../../src/plan/zones/serial.ts'
import type { Zones } from '../../../src/ports/zones.ts'
import type { World } from './world.ts'

const DAY = Date.UTC(2026, 0, 1)

export const simulatedZones = (world: World): Zones => ({
  list: async () => [...world.zones].filter(([, { owner }]) => owner !== undefined).map(([name]) => name),
  async observe(names) {
    const secondaries = [...world.secondaries].map(([address, inSync]) => ({ address, inSync }))
    return new Map(
      names.flatMap((name) => {
        const { owner, digest = '', serial } = world.zones.get(name) ?? {}
        if (owner === undefined || serial === undefined) return []
        return [[name, { owner, digest, fault: '', serial, delegationSigners: [], secondaries }] as const]
      }),
    )
  },
  async ensure(owner, { name, digest }) {
    world.change(`ensure zone ${name}`)
    const former = world.zones.get(name)
    const serial = nextSerial(former === undefined ? [] : [former.serial], DAY)
    world.zones.set(name, { owner, digest, serial })
  },
  announce: async (name) => void world.announced.push(name),
  async drop(owner, name) {
    world.change(`drop zone ${name}`)
    const zone = world.zones.get(name)
    if (zone?.owner === owner) world.zones.set(name, { ...zone, owner: undefined })
  },
})
