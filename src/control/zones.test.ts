import { describe, expect, it } from 'vitest'
import { account } from '../../test/fakes/accounts.ts'
import { operatedHost } from '../../test/fakes/operated-host.ts'
import type { ResolvedZone } from '../plan/resolved-account.ts'

const NAME = 'zone.example'

const zoneOf = (address: string): ResolvedZone => ({
  name: NAME,
  records: [{ name: 'ns1', type: 'A', value: address }],
})

/** Its name server has no address. */
const unservable: ResolvedZone = { name: NAME, records: [] }

const world = () => {
  const { host, specs, start, signal, status, condition } = operatedHost()
  const reconciler = start()
  return {
    host,
    reconcile: (name: string, ...zones: readonly ResolvedZone[]) => {
      specs.put(account(name, { zones }))
      return reconciler.reconcile(name, signal)
    },
    remove: (name: string) => {
      specs.verdicts.delete(name)
      return reconciler.reconcile(name, signal)
    },
    zone: (name: string) => status(name).status.zones[0],
    condition,
  }
}

describe('the zones of an account', () => {
  it('are told of in its status', async () => {
    const { reconcile, zone, condition } = world()
    expect(await reconcile('alice', zoneOf('198.51.100.1'))).toEqual({ next: 'idle' })
    expect(zone('alice')).toEqual({ name: NAME, served: true, serial: 2_026_010_100, ds: [], secondaries: [] })
    expect(condition('alice', 'ZonesReady').status).toBe('True')
  })

  it('go on as they were when they can not be served as they are written', async () => {
    const { host, reconcile, zone, condition } = world()
    await reconcile('alice', zoneOf('198.51.100.1'))
    const before = host.zones.get(NAME)
    await reconcile('alice', unservable)
    expect(host.zones.get(NAME)).toEqual(before)
    expect(condition('alice', 'ZonesReady')).toMatchObject({ status: 'False', reason: 'InvalidZone' })
    expect(condition('alice', 'SitesReady').status).toBe('True')
    expect(zone('alice').served).toBe(false)
  })

  it('leave the account Ready while a secondary lags behind, which is told again and looked at with backoff', async () => {
    const { host, reconcile, zone, condition } = world()
    host.secondaries.set('198.51.100.53', false)
    expect(await reconcile('alice', zoneOf('198.51.100.1'))).toMatchObject({ next: 'retry' })
    expect(host.announced).toEqual([NAME])
    expect(condition('alice', 'Ready').status).toBe('True')
    expect(zone('alice').secondaries).toEqual([{ address: '198.51.100.53', inSync: false }])
    host.secondaries.set('198.51.100.53', true)
    expect(await reconcile('alice', zoneOf('198.51.100.1'))).toEqual({ next: 'idle' })
    expect(zone('alice').secondaries).toEqual([{ address: '198.51.100.53', inSync: true }])
    expect(host.announced).toEqual([NAME])
  })

  it('are its own, and free when it ends', async () => {
    const { host, reconcile, remove, condition } = world()
    await reconcile('alice', zoneOf('198.51.100.1'))
    await reconcile('bob', zoneOf('198.51.100.2'))
    expect(condition('bob', 'ZonesReady')).toMatchObject({ status: 'False', reason: 'DomainConflict' })
    expect(host.zones.get(NAME)?.owner).toBe('alice')
    expect(await remove('alice')).toEqual({ next: 'gone' })
    expect(host.zones.get(NAME)?.owner).toBeUndefined()
    const former = host.zones.get(NAME)?.serial ?? 0
    await reconcile('bob', zoneOf('198.51.100.2'))
    expect(host.zones.get(NAME)?.owner).toBe('bob')
    expect(host.zones.get(NAME)?.serial).toBeGreaterThan(former)
  })
})
