import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { account, EditableSpecs, phpSite, settings, staticSite } from '../../test/fakes/accounts.ts'
import { instantClock } from '../../test/fakes/instant-clock.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { AccountReconciler } from './account-reconciler.ts'
import { Claims } from './claims.ts'

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
    concurrency: 1,
  })
  const { signal } = new AbortController()
  const sites = [phpSite('one.example', '8.2'), phpSite('two.example', '8.2')]
  specs.put(account('alice', { sites }))
  const status = () => JSON.parse(host.statuses.get('Account/alice') ?? 'null').status
  return {
    host,
    specs,
    tenant: host.tenant('alice'),
    reconcile: () => reconciler.reconcile('alice', signal),
    service: (name: string) => status().services.find((one: { name: string }) => one.name === name),
    condition: (type: string) => status().conditions.find((one: { type: string }) => one.type === type),
    told: () =>
      host.events
        .filter(({ reason }) => !['Changed', 'Converged', 'DriftRepaired'].includes(reason))
        .map(({ type, reason, message }) => `${type} ${reason} ${message}`),
  }
}

type World = ReturnType<typeof world>

const crash = (log: string, outOfMemory = false) => ({ type: 'crash', exitCode: 1, outOfMemory, log }) as const

/** As an engine that tries again at every look at it. */
const endAgain = ({ tenant }: World, name: string) => {
  const container = tenant.containers.get(name)
  if (container !== undefined) Object.assign(container, { state: 'restarting', health: 'none' })
}

describe('a service that ends again and again', () => {
  it('is told with its exit code and its last words, and the rest of the tenant serves', async () => {
    const it = world()
    it.tenant.ailments.set('mariadb', crash('starting\n\u001b[31mtable 7 is corrupt\u001b[0m\n'))
    expect(await it.reconcile()).toMatchObject({ next: 'retry', error: { reason: 'CrashLoopBackOff' } })
    const detail = 'exit code 1 after 3 restarts: starting | [31mtable 7 is corrupt [0m'
    expect(it.service('mariadb')).toMatchObject({
      state: 'restarting',
      reason: 'CrashLoopBackOff',
      message: detail,
      restarts: 3,
    })
    const told = { status: 'False', reason: 'CrashLoopBackOff', message: `mariadb: CrashLoopBackOff: ${detail}` }
    expect(it.condition('Ready')).toMatchObject(told)
    expect(it.condition('ServicesReady')).toMatchObject(told)
    expect(it.condition('SitesReady')).toMatchObject({ status: 'True' })
    expect([...it.host.routes.keys()]).toContain('one.example')
    expect(it.service('nginx')).toMatchObject({ state: 'running', reason: '', message: '', restarts: 0 })
  })

  it('is looked at without being made anew, and told of once however often it ends', async () => {
    const it = world()
    it.tenant.ailments.set('mariadb', crash('pid 17: no such table'))
    await it.reconcile()
    const { length: calls } = it.host.calls
    const { writes } = it.host
    it.tenant.ailments.set('mariadb', crash('pid 99: no such table'))
    endAgain(it, 'mariadb')
    expect(await it.reconcile()).toMatchObject({ next: 'retry' })
    expect(await it.reconcile()).toMatchObject({ next: 'retry' })
    expect(it.host.calls.slice(calls)).toEqual([])
    expect(it.host.writes).toBe(writes)
    expect(it.told()).toEqual(['Warning CrashLoopBackOff mariadb: exit code 1 after 3 restarts: pid 17: no such table'])
  })

  it('is told anew when it says something else', async () => {
    const it = world()
    it.tenant.ailments.set('mariadb', crash('no such table'))
    await it.reconcile()
    it.tenant.ailments.set('mariadb', crash('no such directory'))
    await it.reconcile()
    expect(it.service('mariadb')).toMatchObject({ message: expect.stringContaining('no such directory') })
  })

  it('recovers, and what waited for it is made up for', async () => {
    const it = world()
    it.tenant.ailments.set('mariadb', crash('no such table'))
    await it.reconcile()
    expect(it.tenant.schemas.size).toBe(0)
    it.tenant.ailments.clear()
    expect(await it.reconcile()).toEqual({ next: 'idle' })
    expect(it.condition('Ready')).toMatchObject({ status: 'True' })
    expect([...it.tenant.schemas.keys()]).toEqual(['mariadb/shop'])
    expect(it.service('mariadb')).toMatchObject({ state: 'running', reason: '', message: '', restarts: 0 })
    expect(it.told().slice(1)).toEqual(['Normal Recovered mariadb is well again after CrashLoopBackOff'])
  })

  it('does not hold up a change of anything else', async () => {
    const it = world()
    it.tenant.ailments.set('mariadb', crash('no such table'))
    await it.reconcile()
    it.specs.put(account('alice', { sites: [staticSite('three.example')] }))
    await it.reconcile()
    expect(it.host.routes.has('three.example')).toBe(true)
    expect(it.host.routes.has('one.example')).toBe(false)
  })

  it('is told with its limit when the limit is why', async () => {
    const it = world()
    it.tenant.ailments.set('mariadb', crash('', true))
    await it.reconcile()
    expect(it.service('mariadb')).toMatchObject({
      reason: 'OutOfMemory',
      message:
        'ended at its memory limit of 512 MiB, or at that of all services, exit code 1 after 3 restarts: it wrote nothing',
    })
  })
})

describe('a service that runs and does not answer', () => {
  it('is told with what its health check printed, as soon as its engine has given it up', async () => {
    const it = world()
    await it.reconcile()
    it.tenant.ailments.set('nginx', { type: 'unhealthy', output: 'timed out\n', known: true })
    const nginx = it.tenant.containers.get('nginx')
    if (nginx !== undefined) nginx.health = 'unhealthy'
    const before = await it.host.ports().clock.now()
    expect(await it.reconcile()).toMatchObject({ next: 'retry', error: { reason: 'Unhealthy' } })
    expect((await it.host.ports().clock.now()) - before).toBeLessThan(1_000)
    const message = 'the health check fails: timed out'
    expect(it.service('nginx')).toMatchObject({ state: 'running', health: 'unhealthy', reason: 'Unhealthy', message })
    expect(it.condition('Ready')).toMatchObject({ reason: 'Unhealthy', message: `nginx: Unhealthy: ${message}` })
  })

  it('is waited for while it starts', async () => {
    const it = world()
    it.tenant.ailments.set('nginx', { type: 'unhealthy', output: 'connection refused', known: false })
    const before = it.host.ports().clock.now()
    expect(await it.reconcile()).toMatchObject({ next: 'retry', error: { reason: 'Unhealthy' } })
    expect(it.host.ports().clock.now() - before).toBeGreaterThanOrEqual(120_000)
  })
})

describe('a process that the kernel ended at the limit of a service that goes on', () => {
  it('is told once, and leaves the account ready', async () => {
    const it = world()
    await it.reconcile()
    const [name = ''] = [...it.tenant.containers.keys()].filter((key) => key.startsWith('php-8.2'))
    const php = it.tenant.containers.get(name)
    if (php !== undefined) php.memoryKills = 1
    expect(await it.reconcile()).toEqual({ next: 'idle' })
    const { writes } = it.host
    if (php !== undefined) php.memoryKills = 2
    expect(await it.reconcile()).toEqual({ next: 'idle' })
    expect(it.host.writes).toBe(writes)
    expect(it.condition('Ready')).toMatchObject({ status: 'True' })
    expect(it.service('php-8.2')).toMatchObject({ state: 'running', reason: 'OutOfMemory' })
    expect(it.told()).toEqual([expect.stringMatching(/^Warning OutOfMemory php-8\.2: .* memory limit of \d+ MiB/)])
  })
})
