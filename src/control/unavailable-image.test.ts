import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { account, EditableSpecs, phpSite, settings, staticSite } from '../../test/fakes/accounts.ts'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'
import { TerminalError, TransientError } from '../ports/errors.ts'
import { AccountReconciler } from './account-reconciler.ts'
import { Claims } from './claims.ts'

const IMAGE = 'php:8.5'
const gone = new TerminalError('ImageUnavailable', 'cannot pull php:8.5-fpm: manifest unknown')
const down = new TransientError('ImageUnavailable', 'cannot pull php:8.5-fpm: connection refused')

const world = () => {
  const host = new SimulatedHost(instantClock())
  const specs = new EditableSpecs()
  const reconciler = new AccountReconciler({
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
  return {
    host,
    reconcile: (wanted: ResolvedAccount) => {
      specs.put(wanted)
      return reconciler.reconcile(wanted.name, signal)
    },
    services: () =>
      [...host.tenant('alice').containers.keys()].map((name) => name.replace(/-[0-9a-f]{8,}$/, '')).sort(),
    condition: (type: string) => {
      const { status } = JSON.parse(host.statuses.get('Account/alice') ?? 'null')
      return status.conditions.find((one: { type: string }) => one.type === type)
    },
  }
}

const withNewPhp = account('alice', { sites: [phpSite('old.example', '8.2'), phpSite('new.example', '8.5')] })

describe('an image that can not be had', () => {
  it('is told with service and reason, and the rest of the tenant serves', async () => {
    const { host, reconcile, services, condition } = world()
    host.unavailableImages.set(IMAGE, gone)
    expect(await reconcile(withNewPhp)).toEqual({ next: 'idle' })
    expect(services()).toEqual(['mariadb', 'nginx', 'php-8.2'])
    expect(host.routes.has('old.example')).toBe(true)
    expect([...host.tenant('alice').schemas.keys()]).toEqual(['mariadb/shop'])
    const told = { status: 'False', reason: 'ImageUnavailable', message: `php-8.5: ${gone.message}` }
    expect(condition('Ready')).toMatchObject(told)
    expect(condition('ServicesReady')).toMatchObject({ ...told, message: expect.stringContaining(told.message) })
    expect(condition('Stalled')).toMatchObject({ ...told, status: 'True' })
    expect(condition('EngineReady')).toMatchObject({ status: 'True' })
    expect(condition('DatabasesReady')).toMatchObject({ status: 'True' })
  })

  it('changes nothing again and again while it is missing, and is made up for when it is there', async () => {
    const { host, reconcile, services, condition } = world()
    host.unavailableImages.set(IMAGE, down)
    expect(await reconcile(withNewPhp)).toEqual({ next: 'retry', error: down })
    expect(condition('Reconciling')).toMatchObject({ status: 'True', reason: 'ImageUnavailable' })
    const calls = host.calls.length
    expect(await reconcile(withNewPhp)).toEqual({ next: 'retry', error: down })
    expect(host.calls.slice(calls)).toEqual([])
    host.unavailableImages.clear()
    expect(await reconcile(withNewPhp)).toEqual({ next: 'idle' })
    expect(condition('Ready')).toMatchObject({ status: 'True' })
    expect(services()).toContain('php-8.5')
  })

  it('leaves a site with the version that it has, and holds up no other change', async () => {
    const { host, reconcile, services, condition } = world()
    await reconcile(account('alice', { sites: [phpSite('a.example', '8.2'), phpSite('b.example', '8.4')] }))
    host.unavailableImages.set(IMAGE, gone)
    const sites = [phpSite('a.example', '8.5'), staticSite('c.example')]
    expect(await reconcile(account('alice', { sites }))).toEqual({ next: 'idle' })
    expect(condition('ServicesReady')).toMatchObject({ status: 'False', reason: 'ImageUnavailable' })
    expect([...host.routes.keys()].sort()).toEqual(['a.example', 'c.example', 'www.a.example', 'www.c.example'])
    expect(services()).toContain('php-8.2')
    host.unavailableImages.clear()
    await reconcile(account('alice', { sites }))
    expect(services()).toEqual(['mariadb', 'nginx', 'php-8.5'])
    expect(condition('Ready')).toMatchObject({ status: 'True' })
  })

  it('does not hide another one that is worth a try', async () => {
    const { host, reconcile } = world()
    host.unavailableImages.set('php:8.4', gone).set(IMAGE, down)
    const sites = [phpSite('a.example', '8.4'), phpSite('b.example', '8.5')]
    expect(await reconcile(account('alice', { sites }))).toEqual({ next: 'retry', error: down })
  })
})
