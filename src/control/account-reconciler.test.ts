import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { account, phpSite, settings } from '../../test/fakes/accounts.ts'
import { operatedHost } from '../../test/fakes/operated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { AccountReconciler } from './account-reconciler.ts'
import { Claims } from './claims.ts'

describe('an account', () => {
  it('converges after the daemon was cut off before any single call', async () => {
    for (let crashAt = 0; ; crashAt++) {
      const { host, specs, start, signal, condition } = operatedHost()
      specs.put(account('alice'))
      host.crashAt = crashAt
      await start().reconcile('alice', signal)
      const crashed = host.calls.length === crashAt
      host.crashAt = undefined
      if (!crashed) {
        expect(crashAt).toBeGreaterThan(20)
        return
      }
      const restarted = start()
      await restarted.reconcile('alice', signal)
      await restarted.reconcile('alice', signal)
      expect(condition('alice', 'Ready'), `cut off before call ${crashAt}`).toMatchObject({ status: 'True' })
    }
  })

  it('leaves nothing behind when it ends, also when its end is cut off before any single call', async () => {
    for (let crash = 0; ; crash++) {
      const { host, specs, start, signal } = operatedHost()
      specs.put(account('alice'))
      await start().reconcile('alice', signal)
      specs.verdicts.clear()
      const before = host.calls.length
      host.crashAt = before + crash
      await start().reconcile('alice', signal)
      const crashed = host.calls.length === before + crash
      host.crashAt = undefined
      if (crashed) await start().reconcile('alice', signal)
      const { user, pid, nic, engine, context, limits, directories, containers } = host.tenant('alice')
      expect({ user, pid, nic, engine, context, limits }).toEqual({
        user: false,
        pid: undefined,
        nic: false,
        engine: false,
        context: false,
        limits: undefined,
      })
      expect([directories.size, containers.size, host.routes.size, host.records.size, host.statuses.size]).toEqual([
        0, 0, 0, 0, 0,
      ])
      if (!crashed) return
    }
  })

  it('is ended first, and then made anew, when its spec comes back while its end is cut off', async () => {
    const { host, specs, start, signal, condition } = operatedHost()
    specs.put(account('alice'))
    await start().reconcile('alice', signal)
    specs.verdicts.clear()
    host.crashAt = host.calls.length + 3
    await start().reconcile('alice', signal)
    host.crashAt = undefined
    specs.put(account('alice'))
    expect(await start().reconcile('alice', signal)).toEqual({ next: 'idle' })
    expect(condition('alice', 'Ready')).toMatchObject({ status: 'True' })
    expect(host.records.get('alice')).toMatchObject({ index: 1, generation: 1 })
  })

  it('of a runtime class that the host lacks goes on as it was until that is installed, or asked for no more', async () => {
    const { host, specs, start, signal, condition } = operatedHost()
    host.runtimes.delete('gvisor')
    specs.put(account('alice'))
    const reconciler = start()
    await reconciler.reconcile('alice', signal)
    const before = host.calls.length
    specs.put(account('alice', { runtime: 'gvisor', sites: [phpSite('other.example', '8.2')] }))
    await reconciler.reconcile('alice', signal)
    expect(condition('alice', 'Ready')).toMatchObject({ status: 'False', reason: 'RuntimeNotInstalled' })
    expect(condition('alice', 'Stalled')).toMatchObject({ status: 'True', message: expect.stringContaining('runsc') })
    expect(host.calls.slice(before)).toEqual([])
    host.runtimes.add('gvisor')
    await reconciler.reconcile('alice', signal)
    expect(condition('alice', 'Ready')).toMatchObject({ status: 'True' })
    expect(host.calls.slice(before).filter((call) => call.startsWith('createContainer'))).toHaveLength(3)
  })

  it('tells of a repair with its cause, and does not call an edit a repair', async () => {
    const { host, specs, start, signal } = operatedHost()
    specs.put(account('alice'))
    await start().reconcile('alice', signal)
    expect(host.events.some(({ reason }) => reason === 'DriftRepaired')).toBe(false)
    const { containers } = host.tenant('alice')
    const php = [...containers.keys()].find((name) => name.startsWith('php-8.2')) ?? ''
    containers.delete(php)
    await start().reconcile('alice', signal)
    const repairs = host.events.filter(({ reason }) => reason === 'DriftRepaired')
    expect(repairs.map(({ action, cause }) => [action, cause])).toContainEqual([
      'createContainer',
      `the container ${php} is missing`,
    ])
  })

  it('keeps the last good state in force while its file is broken, and heals it', async () => {
    const { host, specs, start, signal, condition } = operatedHost()
    specs.put(account('alice'))
    await start().reconcile('alice', signal)
    specs.verdicts.set('alice', { state: 'invalid', reason: 'InvalidSpec', problems: ['alice.yaml:3:1 unknown field'] })
    host.tenant('alice').containers.delete('nginx')
    await start().reconcile('alice', signal)
    expect(host.tenant('alice').containers.has('nginx')).toBe(true)
    expect(condition('alice', 'SpecValid')).toMatchObject({ status: 'False', message: 'alice.yaml:3:1 unknown field' })
    expect(condition('alice', 'ServicesReady').status).toBe('True')
  })

  it('is never made for a file that was broken from the start', async () => {
    const { host, specs, start, signal, condition } = operatedHost()
    specs.verdicts.set('alice', { state: 'invalid', reason: 'InvalidSpec', problems: ['alice.yaml:3:1 unknown field'] })
    await start().reconcile('alice', signal)
    expect(host.calls).toEqual([])
    expect(condition('alice', 'Stalled')).toMatchObject({ status: 'True', reason: 'InvalidSpec' })
  })

  it('is not ended while the specs can not be read', async () => {
    const { host, specs, start, signal } = operatedHost()
    specs.put(account('alice'))
    await start().reconcile('alice', signal)
    const calls = host.calls.length
    specs.verdicts.set('alice', { state: 'unknown', message: 'the directory is empty' })
    await start().reconcile('alice', signal)
    expect(host.calls.length).toBe(calls)
  })

  it('is not ended together with too many others, unless that is confirmed', async () => {
    const { host, specs, start, signal, condition } = operatedHost()
    const names = ['alice', 'bob', 'carol', 'dave']
    for (const name of names) {
      specs.put(account(name))
      await start().reconcile(name, signal)
    }
    specs.verdicts.delete('alice')
    specs.verdicts.delete('bob')
    await start().reconcile('alice', signal)
    expect(condition('alice', 'SpecValid')).toMatchObject({ status: 'False', reason: 'DeletionHeld' })
    expect(host.tenant('alice').engine).toBe(true)
    const confirmed = new AccountReconciler({
      ports: host.ports(),
      settings,
      deletionPolicy: () => ({ ...settings, deletionConfirmed: ['alice', 'bob'] }),
      kinds: allKinds,
      specs,
      claims: new Claims(),
      logger: pino({ level: 'silent' }),
      concurrency: 4,
    })
    await confirmed.reconcile('alice', signal)
    expect(host.records.has('alice')).toBe(false)
    expect(host.tenant('carol').engine).toBe(true)
  })

  it('never touches a foreign user of its name', async () => {
    const { host, specs, start, signal, condition } = operatedHost()
    host.tenant('alice').foreignUser = true
    specs.put(account('alice'))
    await start().reconcile('alice', signal)
    expect(host.calls).toEqual([])
    expect(condition('alice', 'SandboxReady')).toMatchObject({ status: 'False', reason: 'NameTaken' })
    expect(condition('alice', 'ServicesReady').status).toBe('Unknown')
  })

  it('does not take a host name that another account has', async () => {
    const { host, specs, signal, condition } = operatedHost()
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
    specs.put(account('alice'))
    await reconciler.reconcile('alice', signal)
    const upstream = host.routes.get('alice.example')
    specs.put(account('bob', { sites: [phpSite('alice.example', '8.2'), phpSite('bob.example', '8.2')] }))
    await reconciler.reconcile('bob', signal)
    expect(host.routes.get('alice.example')).toBe(upstream)
    expect(host.routes.has('bob.example')).toBe(true)
    expect(condition('bob', 'SitesReady')).toMatchObject({ status: 'False', reason: 'DomainConflict' })
    expect(JSON.stringify(condition('bob', 'SitesReady'))).not.toContain('alice belongs')
  })

  it('keeps a host name until the edge has let go of it, and then leaves it to another account', async () => {
    const { host, specs, start, signal, condition } = operatedHost()
    const reconciler = start()
    const bob = account('bob', { sites: [phpSite('alice.example', '8.2')] })
    specs.put(account('alice'))
    await reconciler.reconcile('alice', signal)
    const upstream = host.routes.get('alice.example')
    specs.put(account('alice', { sites: [] })).put(bob)
    host.crashAt = host.calls.length
    await reconciler.reconcile('alice', signal)
    host.crashAt = undefined
    await reconciler.reconcile('bob', signal)
    expect(host.routes.get('alice.example')).toBe(upstream)
    await reconciler.reconcile('alice', signal)
    await reconciler.reconcile('bob', signal)
    await reconciler.reconcile('alice', signal)
    expect(condition('bob', 'Ready')).toMatchObject({ status: 'True' })
    expect(host.routes.get('alice.example')).not.toBe(upstream)
  })

  it('shows the very plan that the next pass carries out', async () => {
    const { host, specs, start, signal } = operatedHost()
    specs.put(account('alice'))
    const reconciler = start()
    const plan = await reconciler.plan('alice')
    expect(host.calls).toEqual([])
    expect(host.records.size).toBe(0)
    await reconciler.reconcile('alice', signal)
    const told = host.events
      .filter(({ action }) => action !== undefined)
      .map(({ action, target }) => `${action} ${target}`)
    expect(told.sort()).toEqual(
      plan.steps
        .filter(({ action }) => action !== 'recordConfig' && action !== 'awaitHealthy')
        .map(({ action, target }) => `${action} ${target}`)
        .sort(),
    )
  })
})
