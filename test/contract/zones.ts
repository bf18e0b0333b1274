import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isLater } from '../../src/plan/zones/serial.ts'
import type { Zones } from '../../src/ports/zones.ts'
import { plainZone } from '../fixtures/plain-zone.ts'

/** What every {@link Zones} keeps to. `make` gives a name server without zones. */
export const zonesContract = (name: string, make: () => Promise<{ zones: Zones; remove: () => Promise<void> }>) => {
  describe(`${name} keeps the contract of zones`, () => {
    let zones: Zones
    let remove: () => Promise<void>

    beforeEach(async () => {
      const made = await make()
      zones = made.zones
      remove = made.remove
    })
    afterEach(() => remove())

    const observed = async (zone: string) => (await zones.observe([zone])).get(zone)

    it('leaves out a zone that was never made', async () => {
      expect(await zones.observe(['a.example'])).toEqual(new Map())
      expect(await zones.list()).toEqual([])
    })

    it('observes what was made, for whom, and only what was asked for', async () => {
      const zone = plainZone('a.example')
      await zones.ensure('alice', zone)
      await zones.ensure('bob', plainZone('b.example'))
      const seen = await zones.observe(['a.example', 'c.example'])
      expect([...seen.keys()]).toEqual(['a.example'])
      expect(seen.get('a.example')).toMatchObject({ owner: 'alice', digest: zone.digest, fault: '' })
      expect([...(await zones.list())].sort()).toEqual(['a.example', 'b.example'])
    })

    it('raises the serial with each change', async () => {
      await zones.ensure('alice', plainZone('a.example'))
      const before = (await observed('a.example'))?.serial ?? expect.unreachable()
      const changed = plainZone('a.example', '192.0.2.2')
      await zones.ensure('alice', changed)
      const after = await observed('a.example')
      expect(after?.digest).toBe(changed.digest)
      expect(isLater(after?.serial ?? 0, before)).toBe(true)
    })

    it('drops a zone once and again, and goes on from its serial when it comes back', async () => {
      await zones.ensure('alice', plainZone('a.example'))
      const before = (await observed('a.example'))?.serial ?? expect.unreachable()
      await zones.drop('alice', 'a.example')
      await zones.drop('alice', 'a.example')
      expect(await observed('a.example')).toBeUndefined()
      await zones.ensure('bob', plainZone('a.example'))
      const after = await observed('a.example')
      expect(after?.owner).toBe('bob')
      expect(isLater(after?.serial ?? 0, before)).toBe(true)
    })

    it('leaves a zone of another owner alone when it is to be dropped', async () => {
      await zones.ensure('alice', plainZone('a.example'))
      await zones.drop('bob', 'a.example')
      expect((await observed('a.example'))?.owner).toBe('alice')
    })
  })
}
