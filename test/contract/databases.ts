import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DatabaseEndpoint, DesiredSchema } from '../../src/plan/resources.ts'
import type { Databases } from '../../src/ports/engine.ts'

export interface DatabasesUnderTest {
  readonly databases: Databases
  /** Of an engine that can be asked. */
  readonly endpoint: DatabaseEndpoint
  /** Of an engine that does not run. */
  readonly stopped: DatabaseEndpoint
  /** The engine's own. */
  readonly reserved: { readonly schema: string; readonly owner: string }
  /** Each has its own password. */
  readonly ownerSecrets: readonly [string, string]
  readonly clear: () => Promise<void>
}

/** What every {@link Databases} keeps to. `make` gives an engine without schemas of ours. */
export const databasesContract = (name: string, make: () => Promise<DatabasesUnderTest>): void => {
  describe(`${name} keeps the contract of databases`, () => {
    let databases: Databases
    let endpoint: DatabaseEndpoint
    let stopped: DatabaseEndpoint
    let shop: DesiredSchema
    let blog: DesiredSchema
    let reserved: DatabasesUnderTest['reserved']
    let clear: () => Promise<void>

    beforeEach(async () => {
      const made = await make()
      databases = made.databases
      endpoint = made.endpoint
      stopped = made.stopped
      reserved = made.reserved
      clear = made.clear
      const [first, second] = made.ownerSecrets
      const service = endpoint.service
      shop = { type: 'schema', service, name: 'shop_x', owner: 'shop', ownerSecret: first }
      blog = { type: 'schema', service, name: 'blog', owner: 'blog', ownerSecret: second }
    })
    afterEach(() => clear())

    it('observes no schema where none was made', async () => {
      const seen = await databases.observe(endpoint, [shop])
      expect(seen?.schemas.has('shop_x')).toBe(false)
      expect(seen?.owners).toEqual(new Set())
    })

    it('observes a schema and its owner, also when it was made twice', async () => {
      await databases.ensureSchema(endpoint, shop)
      await databases.ensureSchema(endpoint, shop)
      const seen = await databases.observe(endpoint, [shop, blog])
      expect(seen?.schemas.has('shop_x')).toBe(true)
      expect(seen?.schemas.has('blog')).toBe(false)
      expect(seen?.owners).toEqual(new Set(['shop@shop_x']))
    })

    it('lets one user own two schemas', async () => {
      const second = { ...shop, name: 'shop_y' }
      await databases.ensureSchema(endpoint, shop)
      await databases.ensureSchema(endpoint, second)
      expect((await databases.observe(endpoint, [shop, second]))?.owners).toEqual(
        new Set(['shop@shop_x', 'shop@shop_y']),
      )
    })

    it('gives an owner the password of the secret', async () => {
      const changed = { ...shop, ownerSecret: blog.ownerSecret }
      await databases.ensureSchema(endpoint, shop)
      expect((await databases.observe(endpoint, [changed]))?.owners).toEqual(new Set())
      await databases.ensureSchema(endpoint, changed)
      expect((await databases.observe(endpoint, [changed]))?.owners).toEqual(new Set(['shop@shop_x']))
    })

    it("leaves the engine's own names alone", async () => {
      const refused = { name: 'TerminalError', reason: 'NameReserved' }
      await expect(databases.ensureSchema(endpoint, { ...shop, name: reserved.schema })).rejects.toMatchObject(refused)
      await expect(databases.ensureSchema(endpoint, { ...shop, owner: reserved.owner })).rejects.toMatchObject(refused)
      await expect(databases.dropSchema(endpoint, reserved.schema)).rejects.toMatchObject(refused)
      expect((await databases.observe(endpoint, [shop]))?.owners).toEqual(new Set())
    })

    it('drops one schema, and it alone, also when it was dropped before', async () => {
      const second = { ...shop, name: 'shop_y' }
      await databases.ensureSchema(endpoint, shop)
      await databases.ensureSchema(endpoint, second)
      await databases.dropSchema(endpoint, 'shop_x')
      await databases.dropSchema(endpoint, 'shop_x')
      const seen = await databases.observe(endpoint, [shop, second])
      expect(seen?.schemas.has('shop_x')).toBe(false)
      expect(seen?.owners).toEqual(new Set(['shop@shop_y']))
    })

    it('gives a schema that was dropped to its next owner alone', async () => {
      const next = { ...blog, name: 'shop_x' }
      await databases.ensureSchema(endpoint, shop)
      await databases.dropSchema(endpoint, 'shop_x')
      await databases.ensureSchema(endpoint, next)
      expect((await databases.observe(endpoint, [shop, next]))?.owners).toEqual(new Set(['blog@shop_x']))
    })

    it('does not know what an engine holds that does not run, and waits for it', async () => {
      expect(await databases.observe(stopped, [shop])).toBeUndefined()
      const waiting = { name: 'WaitingError', reason: 'DatabaseUnavailable' }
      await expect(databases.ensureSchema(stopped, shop)).rejects.toMatchObject(waiting)
      await expect(databases.dropSchema(stopped, 'shop_x')).rejects.toMatchObject(waiting)
    })
  })
}
