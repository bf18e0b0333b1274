import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { account, EditableSpecs, phpSite, service, settings } from '../../test/fakes/accounts.ts'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'
import { tenantLayout } from '../plan/settings.ts'
import { AccountReconciler } from './account-reconciler.ts'
import { Claims } from './claims.ts'

const layout = tenantLayout(settings, 'alice')

const mariadb = (version: string, ...schemas: string[]) => ({
  ...service('mariadb', version),
  memoryBytes: 536_870_912,
  schemas: schemas.map((name) => ({ name, owner: name })),
})

/** A host, and what becomes of it under one spec after the other. */
const story = () => {
  const host = new SimulatedHost(instantClock())
  const specs = new EditableSpecs()
  const start = () =>
    new AccountReconciler({
      ports: host.ports(),
      settings,
      deletionPolicy: () => settings,
      kinds: allKinds,
      specs,
      claims: new Claims(),
      logger: pino({ level: 'silent' }),
      concurrency: 4,
    })
  const { signal } = new AbortController()
  const become = async (changes: Partial<ResolvedAccount>) => {
    specs.put(account('alice', changes))
    await start().reconcile('alice', signal)
    return host.tenant('alice')
  }
  const ready = () => {
    const status = JSON.parse(host.statuses.get('Account/alice') ?? 'null')
    return status.status.conditions.find(({ type }: { type: string }) => type === 'Ready')
  }
  return { host, become, ready, start, signal, record: () => host.records.get('alice') }
}

describe('data that nothing wants any more', () => {
  it('is kept, and found again when it is put back', async () => {
    const { become, ready } = story()
    const tenant = await become({ databases: [mariadb('10.11', 'shop', 'blog')] })
    const password = tenant.secrets.get(`${layout.secrets}/mariadb/root`)?.password
    await become({ databases: [mariadb('10.11', 'shop')] })
    expect([...tenant.schemas.keys()]).toEqual(['mariadb/shop', 'mariadb/blog'])
    await become({ databases: [] })
    expect(tenant.directories.has(`${layout.data}/mariadb`)).toBe(true)
    expect(tenant.directories.has(`${layout.sockets}/mariadb`)).toBe(false)
    await become({ databases: [mariadb('10.11', 'shop', 'blog')] })
    expect(ready()).toMatchObject({ status: 'True' })
    expect(tenant.secrets.get(`${layout.secrets}/mariadb/root`)?.password).toBe(password)
  })

  it('is dropped where the policy says so: a schema, and then the engine', async () => {
    const { become, ready, record } = story()
    const tenant = await become({ databases: [mariadb('10.11', 'shop', 'blog')] })
    await become({ databases: [mariadb('10.11', 'shop')], removedData: 'delete' })
    expect([...tenant.schemas.keys()]).toEqual(['mariadb/shop'])
    expect(tenant.secrets.has(`${layout.secrets}/app/mariadb-blog`)).toBe(false)
    await become({ databases: [], removedData: 'delete' })
    expect(ready()).toMatchObject({ status: 'True' })
    expect([...tenant.directories.keys(), ...tenant.secrets.keys()].filter((path) => path.includes('mariadb'))).toEqual(
      [],
    )
    expect(record()?.dataVersions).toEqual({})
    expect(record()?.inventory.filter((id) => id.includes('mariadb'))).toEqual([])
  })

  it('stays kept when the policy changes later', async () => {
    const { become } = story()
    const tenant = await become({ databases: [mariadb('10.11', 'shop', 'blog')] })
    await become({ databases: [mariadb('10.11', 'shop')] })
    await become({ databases: [mariadb('10.11', 'shop')], removedData: 'delete' })
    expect([...tenant.schemas.keys()]).toEqual(['mariadb/shop', 'mariadb/blog'])
    await become({ databases: [] })
    await become({ databases: [], removedData: 'delete' })
    expect(tenant.directories.has(`${layout.data}/mariadb`)).toBe(true)
  })

  it('goes when it leaves under the policy after it was kept and put back', async () => {
    const { become } = story()
    const tenant = await become({ databases: [mariadb('10.11', 'shop', 'blog')] })
    await become({ databases: [mariadb('10.11', 'shop')] })
    await become({ databases: [mariadb('10.11', 'shop', 'blog')], removedData: 'delete' })
    await become({ databases: [mariadb('10.11', 'shop')], removedData: 'delete' })
    expect([...tenant.schemas.keys()]).toEqual(['mariadb/shop'])
  })

  it('goes also when its removal is cut off before any single call', async () => {
    for (let crash = 0; ; crash++) {
      const { host, become, start, signal, record, ready } = story()
      const tenant = await become({ databases: [mariadb('10.11', 'shop')] })
      const before = host.calls.length
      host.crashAt = before + crash
      await become({ databases: [], removedData: 'delete' })
      const crashed = host.calls.length === before + crash
      host.crashAt = undefined
      await start().reconcile('alice', signal)
      expect(ready()).toMatchObject({ status: 'True' })
      expect(tenant.directories.has(`${layout.data}/mariadb`)).toBe(false)
      expect(record()?.dataVersions).toEqual({})
      if (!crashed) return
    }
  })
})

describe('directories of containers that are gone', () => {
  it('go with them, and those of their successors stay', async () => {
    const { become, ready } = story()
    const tenant = await become({ sites: [phpSite('alice.example', '8.2')] })
    const of = (version: string) => [...tenant.directories.keys()].filter((path) => path.includes(`/php-${version}`))
    expect(of('8.2')).toHaveLength(3)
    await become({ sites: [phpSite('alice.example', '8.4')] })
    expect([of('8.2').length, of('8.4').length]).toEqual([0, 3])
    expect(tenant.directories.has(`${layout.spool}/php`)).toBe(true)
    expect(ready()).toMatchObject({ status: 'True' })
  })
})

describe('a version that can not open the data', () => {
  it('is refused, while the rest of the change is carried out', async () => {
    const { become, ready, record, host } = story()
    const tenant = await become({ databases: [mariadb('11.8', 'shop')] })
    const id = tenant.containers.get('mariadb')?.id
    await become({ databases: [mariadb('10.11', 'shop', 'blog')] })
    expect(ready()).toMatchObject({ status: 'False', reason: 'DowngradeRefused' })
    expect(tenant.containers.get('mariadb')?.id).toBe(id)
    expect([...tenant.schemas.keys()]).toContain('mariadb/blog')
    expect(record()).toMatchObject({ dataVersions: { mariadb: '11.8' }, generation: 2 })
    expect(host.calls.filter((call) => call.startsWith('createContainer alice mariadb'))).toHaveLength(1)
    await become({ databases: [mariadb('11.8', 'shop', 'blog')] })
    expect(ready()).toMatchObject({ status: 'True' })
  })

  it('is refused also when the database was out of the spec meanwhile', async () => {
    const { become, ready } = story()
    const tenant = await become({ databases: [mariadb('11.8', 'shop')] })
    await become({ databases: [] })
    await become({ databases: [mariadb('10.11', 'shop')] })
    expect(ready()).toMatchObject({ status: 'False', reason: 'DowngradeRefused' })
    expect(tenant.containers.has('mariadb')).toBe(false)
    await become({ databases: [mariadb('11.8', 'shop')] })
    expect(ready()).toMatchObject({ status: 'True' })
  })

  it('is known before a newer server starts, and forgotten where its start was never tried', async () => {
    const { become, record, host } = story()
    await become({ databases: [mariadb('10.11', 'shop')] })
    const before = host.calls.length
    host.crashAt = before
    await become({ databases: [mariadb('11.8', 'shop')] })
    expect(host.calls).toHaveLength(before)
    expect(record()?.dataVersions).toEqual({ mariadb: '10.11' })
    host.crashAt = host.calls.length + 1
    await become({ databases: [mariadb('11.8', 'shop')] })
    expect(record()?.dataVersions).toEqual({ mariadb: '11.8' })
  })
})
