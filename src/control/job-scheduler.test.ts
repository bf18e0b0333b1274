import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { EditableSpecs } from '../../test/fakes/accounts.ts'
import { fakeClock, settle } from '../../test/fakes/fake-clock.ts'
import { job } from '../../test/fakes/jobs.ts'
import { SimulatedHost } from '../../test/fakes/simulated-host.ts'
import type { DesiredJob } from '../plan/resources.ts'
import { jobJournal } from './job-journal.ts'
import { JobScheduler } from './job-scheduler.ts'
import { jobStatuses, jobsOf } from './job-status.ts'
import { StatusWriter } from './status-writer.ts'

const MINUTE_MS = 60_000
const none: ReadonlySet<string> = new Set()

/** An account whose engine stands, and the status that its passes wrote. */
const setUp = async () => {
  const clock = fakeClock()
  const host = new SimulatedHost(clock)
  const { store, engines } = host.ports()
  const tenant = host.tenant('alice')
  Object.assign(tenant, { engine: true })
  tenant.images.add('busybox:1')
  const status = new StatusWriter(store, clock, new EditableSpecs())
  /** A new one is what a restarted daemon has. */
  const start = () =>
    new JobScheduler({ engines, clock, journal: jobJournal(status, store), logger: pino({ level: 'silent' }) })
  const statuses = async () => jobsOf(await store.readStatus('Account', 'alice'))
  const pass = async (scheduler: JobScheduler, ...jobs: DesiredJob[]) => {
    scheduler.update({ account: 'alice', jobs }, (await engines.observe('alice')).jobs)
    await store.writeStatus('Account', 'alice', { status: { jobs: jobStatuses(jobs, await statuses()) } })
    await settle()
  }
  const started = () => host.calls.filter((call) => call.startsWith('startJob')).map((call) => call.split('.').at(-1))
  return { clock, host, tenant, scheduler: start(), start, pass, statuses, started }
}

const last = async (setup: Awaited<ReturnType<typeof setUp>>) => (await setup.statuses())[0]?.lastRun

describe('a job', () => {
  it('runs when it is due, and its result is in the status', async () => {
    const setup = await setUp()
    await setup.pass(setup.scheduler, job('hello', ['echo', 'hello']))
    await setup.clock.advance(MINUTE_MS - 1)
    expect(setup.started()).toEqual([])
    await setup.clock.advance(1)
    await settle()
    expect(await last(setup)).toEqual({
      result: 'Succeeded',
      exitCode: 0,
      startedAt: '2026-01-01T00:01:00.000Z',
      endedAt: '2026-01-01T00:01:00.000Z',
      output: 'hello',
    })
    await setup.clock.advance(2 * MINUTE_MS)
    expect(setup.started()).toEqual(['hello', 'hello', 'hello'])
  })

  it('is passed over while its former run goes on, and that is counted', async () => {
    const setup = await setUp()
    await setup.pass(setup.scheduler, job('slow', ['sleep', '150']))
    await setup.clock.advance(3 * MINUTE_MS)
    expect(setup.started()).toEqual(['slow'])
    expect(await setup.statuses()).toMatchObject([{ skippedRuns: 2 }])
    await setup.clock.advance(MINUTE_MS)
    expect(setup.started()).toEqual(['slow', 'slow'])
    expect(await setup.statuses()).toMatchObject([{ skippedRuns: 0, lastRun: { result: 'Succeeded' } }])
  })

  it('is ended at its timeout', async () => {
    const setup = await setUp()
    await setup.pass(setup.scheduler, job('endless', ['sleep', '9999'], { timeoutMs: 30_000 }))
    await setup.clock.advance(MINUTE_MS + 30_000)
    expect(await last(setup)).toMatchObject({ result: 'TimedOut', endedAt: '2026-01-01T00:01:30.000Z' })
  })

  it('is told of by an event when it begins to fail and when it recovers', async () => {
    const setup = await setUp()
    const reasons = () => setup.host.events.map(({ reason, message }) => `${reason}: ${message}`)
    await setup.pass(setup.scheduler, job('flaky', ['false']))
    await setup.clock.advance(3 * MINUTE_MS)
    const failed = 'JobFailed: the job flaky of alice.example failed (exit code 1)'
    expect(reasons()).toEqual([failed])
    await setup.pass(setup.scheduler, job('flaky', ['true']))
    await setup.clock.advance(3 * MINUTE_MS)
    expect(reasons()).toEqual([failed, 'JobRecovered: the job flaky of alice.example succeeds again'])
  })

  it('that can not begin has failed, and says why', async () => {
    const setup = await setUp()
    setup.tenant.images.clear()
    await setup.pass(setup.scheduler, job('homeless'))
    await setup.clock.advance(MINUTE_MS)
    expect(await last(setup)).toMatchObject({
      result: 'Failed',
      exitCode: 125,
      output: 'the image busybox:1 is not in the engine yet',
    })
  })
})

describe('changes', () => {
  it('do not run what was removed before it was due', async () => {
    const { clock, scheduler, pass, started } = await setUp()
    await pass(scheduler, job('stays'), job('goes'))
    await clock.advance(MINUTE_MS - 1)
    await pass(scheduler, job('stays'))
    await clock.advance(1)
    expect(started()).toEqual(['stays'])
  })

  it('keep the time of a job whose command changed, and take a new schedule at once', async () => {
    const { clock, scheduler, pass, started } = await setUp()
    await pass(scheduler, job('hourly', ['false'], { schedule: '0 * * * *' }))
    await clock.advance(30 * MINUTE_MS)
    await pass(scheduler, job('hourly', ['true'], { schedule: '0 * * * *' }))
    await clock.advance(30 * MINUTE_MS)
    expect(started()).toEqual(['hourly'])
    await pass(scheduler, job('hourly', ['true'], { schedule: '5 * * * *' }))
    await clock.advance(5 * MINUTE_MS)
    expect(started()).toEqual(['hourly', 'hourly'])
  })

  it('end and remove a run that nothing wants any more', async () => {
    const { clock, scheduler, pass, tenant } = await setUp()
    await pass(scheduler, job('endless', ['sleep', '9999']))
    await clock.advance(MINUTE_MS)
    expect(tenant.jobs.size).toBe(1)
    await pass(scheduler)
    expect(tenant.jobs.size).toBe(0)
    expect(clock.sleepers).toBeLessThanOrEqual(1)
    await clock.advance(MINUTE_MS)
    expect(clock.sleepers).toBe(0)
  })

  it('leave nothing of an account that is gone', async () => {
    const { clock, scheduler, pass } = await setUp()
    await pass(scheduler, job('a'), job('b'))
    scheduler.forget('alice')
    await clock.advance(MINUTE_MS)
    expect(clock.sleepers).toBe(0)
    await expect(scheduler.runNow('alice', 'alice.example', 'a')).rejects.toMatchObject({ reason: 'JobNotFound' })
  })
})

describe('several jobs', () => {
  it('run two at a time of one account, in their order', async () => {
    const { clock, scheduler, pass, started } = await setUp()
    const hourly = { schedule: '1 * * * *' }
    await pass(scheduler, ...['a', 'b', 'c', 'd'].map((name) => job(name, ['sleep', '10'], hourly)))
    await clock.advance(MINUTE_MS)
    expect(started()).toEqual(['a', 'b'])
    await clock.advance(10_000)
    expect(started()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('do not wait for those of another account', async () => {
    const setup = await setUp()
    const bob = setup.host.tenant('bob')
    Object.assign(bob, { engine: true })
    bob.images.add('busybox:1')
    await setup.pass(setup.scheduler, ...['a', 'b', 'c'].map((name) => job(name, ['sleep', '9999'])))
    setup.scheduler.update({ account: 'bob', jobs: [job('quick')] }, none)
    await setup.clock.advance(MINUTE_MS)
    expect(setup.host.calls).toContain('startJob bob job-alice.example.quick')
  })
})

describe('a daemon that is restarted', () => {
  it('picks up a run that goes on, tells its result, and does not start it twice', async () => {
    const setup = await setUp()
    const slow = job('slow', ['sleep', '90'], { schedule: '1 * * * *' })
    await setup.pass(setup.scheduler, slow)
    await setup.clock.advance(MINUTE_MS)
    setup.scheduler.close()
    const restarted = setup.start()
    await setup.pass(restarted, slow)
    await expect(restarted.runNow('alice', 'alice.example', 'slow')).rejects.toMatchObject({ reason: 'JobRunning' })
    await setup.clock.advance(90_000)
    expect(await last(setup)).toMatchObject({ result: 'Succeeded', startedAt: '2026-01-01T00:01:00.000Z' })
    expect(setup.started()).toEqual(['slow'])
  })

  it('does not make up for runs that were missed', async () => {
    const setup = await setUp()
    await setup.pass(setup.scheduler, job('daily', ['true'], { schedule: '30 0 * * *' }))
    setup.scheduler.close()
    await setup.clock.advance(60 * MINUTE_MS)
    await setup.pass(setup.start(), job('daily', ['true'], { schedule: '30 0 * * *' }))
    await setup.clock.advance(60 * MINUTE_MS)
    expect(setup.started()).toEqual([])
  })

  it('removes what is left of jobs that are gone from the spec', async () => {
    const setup = await setUp()
    await setup.pass(setup.scheduler, job('endless', ['sleep', '9999']))
    await setup.clock.advance(MINUTE_MS)
    setup.scheduler.close()
    await setup.pass(setup.start())
    expect(setup.tenant.jobs.size).toBe(0)
  })

  it('goes on waiting for a run while the engine is away', async () => {
    const setup = await setUp()
    const slow = job('slow', ['sleep', '90'], { schedule: '1 * * * *' })
    await setup.pass(setup.scheduler, slow)
    await setup.clock.advance(MINUTE_MS)
    setup.scheduler.close()
    const restarted = setup.start()
    setup.tenant.engine = false
    restarted.update({ account: 'alice', jobs: [slow] }, new Set([slow.container.name]))
    await setup.clock.advance(MINUTE_MS)
    expect(await last(setup)).toBeUndefined()
    setup.tenant.engine = true
    await setup.clock.advance(MINUTE_MS)
    expect(await last(setup)).toMatchObject({ result: 'Succeeded' })
  })
})

it('runs a job at once when it is asked to, and answers its result', async () => {
  const { clock, scheduler, pass } = await setUp()
  await pass(scheduler, job('hello', ['echo', 'hello'], { schedule: '0 0 1 1 *' }))
  const run = scheduler.runNow('alice', 'alice.example', 'hello')
  await clock.advance(0)
  expect(await run).toMatchObject({ result: 'Succeeded', output: 'hello\n' })
  await expect(scheduler.runNow('alice', 'alice.example', 'hallo')).rejects.toThrow('there are: alice.example hello')
})
