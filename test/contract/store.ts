import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AccountRecord, IsFree, Store } from '../../src/ports/store.ts'

/** For a host on which nobody has anything of any index. */
export const anyIndex: IsFree = async () => true

export const testRecord = (name: string, changes: Partial<AccountRecord> = {}): AccountRecord => ({
  name,
  index: 0,
  generation: 1,
  spec: { sites: [{ domain: 'a.example' }] },
  resolved: { sites: [] },
  hosts: ['a.example'],
  inventory: [`user/${name}`, 'route/a.example'],
  dataVersions: { mariadb: '10.11' },
  convergedGeneration: 0,
  ...changes,
})

/** What every {@link Store} keeps to. `make` gives an empty one. */
export const storeContract = (
  name: string,
  make: () => Promise<{ store: Store; remove: () => Promise<void> }>,
): void => {
  describe(`${name} keeps the contract of a store`, () => {
    let store: Store
    let remove: () => Promise<void>

    beforeEach(async () => {
      const made = await make()
      store = made.store
      remove = made.remove
    })
    afterEach(() => remove())

    it('gives back the record that was written, and undefined for none', async () => {
      const record = testRecord('alice', { deletionTimestamp: '2026-01-01T00:00:00Z' })
      expect(await store.readRecord('alice')).toBeUndefined()
      await store.writeRecord(record)
      expect(await store.readRecord('alice')).toEqual(record)
    })

    it('keeps what was written, whatever becomes of what was given or read', async () => {
      const sites = ['a.example']
      await store.writeRecord(testRecord('alice', { hosts: sites }))
      sites.push('b.example')
      expect((await store.readRecord('alice'))?.hosts).toEqual(['a.example'])
      const status = { conditions: ['Ready'] }
      await store.writeStatus('Account', 'alice', status)
      status.conditions.push('Stalled')
      expect(await store.readStatus('Account', 'alice')).toEqual({ conditions: ['Ready'] })
    })

    it('writes a record only when it differs', async () => {
      expect(await store.writeRecord(testRecord('alice'))).toBe(true)
      expect(await store.writeRecord(testRecord('alice'))).toBe(false)
      expect(await store.writeRecord(testRecord('alice', { generation: 2 }))).toBe(true)
      expect(await store.writeRecord(testRecord('alice'))).toBe(true)
    })

    it('lists records by name, and no more those that were removed', async () => {
      for (const account of ['carol', 'alice', 'bob']) await store.writeRecord(testRecord(account))
      await store.removeRecord('bob')
      await store.removeRecord('bob')
      expect(await store.listRecords()).toEqual(['alice', 'carol'])
      expect(await store.readRecord('bob')).toBeUndefined()
      expect(await store.writeRecord(testRecord('bob'))).toBe(true)
    })

    it('allocates each index once, also at once, and says which comes next', async () => {
      expect(await store.nextIndex(anyIndex)).toBe(await store.nextIndex(anyIndex))
      const next = await store.nextIndex(anyIndex)
      const indexes = await Promise.all([
        store.allocateIndex(anyIndex),
        store.allocateIndex(anyIndex),
        store.allocateIndex(anyIndex),
      ])
      expect(indexes).toEqual([next, next + 1, next + 2])
      expect(await store.nextIndex(anyIndex)).toBe(next + 3)
    })

    it('allocates no index again when its account is gone', async () => {
      const index = await store.allocateIndex(anyIndex)
      await store.writeRecord(testRecord('alice', { index }))
      await store.removeRecord('alice')
      expect(await store.allocateIndex(anyIndex)).toBeGreaterThan(index)
    })

    it('leaves out what is not free, and what was reserved', async () => {
      const next = await store.nextIndex(anyIndex)
      expect(await store.allocateIndex(async (index) => index > next + 1)).toBe(next + 2)
      await store.reserveIndex(next + 5)
      await store.reserveIndex(next)
      expect(await store.nextIndex(anyIndex)).toBe(next + 6)
      expect(await store.allocateIndex(anyIndex)).toBe(next + 6)
    })

    it('knows which indexes accounts have', async () => {
      await store.writeRecord(testRecord('alice', { index: 3 }))
      expect([await store.isUnclaimed(3), await store.isUnclaimed(4)]).toEqual([false, true])
      await store.removeRecord('alice')
      expect(await store.isUnclaimed(3)).toBe(true)
    })

    it('writes a status only when it differs', async () => {
      expect(await store.readStatus('Account', 'alice')).toBeUndefined()
      expect(await store.writeStatus('Account', 'alice', { ready: false })).toBe(true)
      expect(await store.writeStatus('Account', 'alice', { ready: false })).toBe(false)
      expect(await store.writeStatus('Account', 'alice', { ready: true })).toBe(true)
      expect(await store.readStatus('Account', 'alice')).toEqual({ ready: true })
    })

    it('keeps the status of each kind for itself', async () => {
      await store.writeStatus('Account', 'alice', 1)
      await store.writeStatus('Plan', 'business', 2)
      expect(await store.readStatus('Account', 'business')).toBeUndefined()
      await store.removeStatus('Account', 'business')
      await store.removeStatus('Account', 'alice')
      await store.removeStatus('Account', 'alice')
      expect(await store.readStatus('Account', 'alice')).toBeUndefined()
      expect(await store.readStatus('Plan', 'business')).toBe(2)
    })

    it('forgets what services have loaded with the record', async () => {
      await store.writeRecord(testRecord('alice'))
      await store.writeLoadedConfig('alice', 'nginx', 'digest')
      await store.removeRecord('alice')
      expect(await store.readLoadedConfig('alice')).toEqual(new Map())
    })

    it.each(['', '..', '../x', 'a/b', '.a', 'Alice', 'a b'])('refuses the name %j', async (name) => {
      const refused = { name: 'TerminalError', reason: 'InvalidName' }
      await expect((async () => store.readRecord(name))()).rejects.toMatchObject(refused)
      await expect((async () => store.writeRecord(testRecord(name)))()).rejects.toMatchObject(refused)
      await expect((async () => store.removeRecord(name))()).rejects.toMatchObject(refused)
      await expect((async () => store.writeStatus('Account', name, {}))()).rejects.toMatchObject(refused)
      await expect((async () => store.readStatus('Account', name))()).rejects.toMatchObject(refused)
      await expect((async () => store.writeStatus(`${name}/`, 'alice', {}))()).rejects.toMatchObject(refused)
      await expect((async () => store.writeLoadedConfig(name, 'nginx', ''))()).rejects.toMatchObject(refused)
    })

    it('remembers what each service has loaded, also when they are told at once', async () => {
      expect(await store.readLoadedConfig('alice')).toEqual(new Map())
      const services = ['nginx', 'php-8.2', 'mariadb-10.11']
      await Promise.all(services.map((service) => store.writeLoadedConfig('alice', service, `digest of ${service}`)))
      await store.writeLoadedConfig('alice', 'nginx', 'another')
      expect(await store.readLoadedConfig('bob')).toEqual(new Map())
      expect(await store.readLoadedConfig('alice')).toEqual(
        new Map([
          ['nginx', 'another'],
          ['php-8.2', 'digest of php-8.2'],
          ['mariadb-10.11', 'digest of mariadb-10.11'],
        ]),
      )
    })
  })
}
