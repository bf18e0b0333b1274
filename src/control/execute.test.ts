import { describe, expect, it } from 'vitest'
import { account, settings } from '../../test/fakes/accounts.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { allocationOf } from '../plan/allocation.ts'
import { render } from '../plan/render.ts'
import type { AnyStep } from '../plan/steps.ts'
import { execute } from './execute.ts'
import type { Executors } from './executors.ts'

const withdraw = (id: number, after: number[] = [], behind: number[] = [], afterAny: number[] = []): AnyStep => ({
  id,
  action: 'withdrawRoute',
  args: { host: `${id}.example` },
  target: `route/${id}.example`,
  cause: 'test',
  after,
  behind,
  afterAny,
})

/** Executors of which a test may use one only. */
const only = (withdrawRoute: Executors['withdrawRoute']): Executors =>
  new Proxy<Executors>({ withdrawRoute } as Executors, {
    get: (target, action) => (action === 'withdrawRoute' ? target.withdrawRoute : expect.unreachable(String(action))),
  })

const plan = (...steps: AnyStep[]) => ({ steps, blocked: [] })

describe('execute', () => {
  it('runs a step when all that it comes after are done, and not before', async () => {
    const log: string[] = []
    const executors = only(async ({ args }) => {
      log.push(`start ${args.host}`)
      await Promise.resolve()
      log.push(`end ${args.host}`)
    })
    await execute(plan(withdraw(1), withdraw(2), withdraw(3, [1, 2])), executors, {
      signal: new AbortController().signal,
      concurrency: 4,
    })
    expect(log.slice(0, 2)).toEqual(['start 1.example', 'start 2.example'])
    expect(log.indexOf('start 3.example')).toBeGreaterThan(log.indexOf('end 1.example'))
    expect(log.indexOf('start 3.example')).toBeGreaterThan(log.indexOf('end 2.example'))
  })

  it('runs a step when one of those is done that it needs any of, and skips it when none is', async () => {
    const ran: number[] = []
    const executors = only(async ({ id }) => {
      if (id <= 2) throw new Error('broken')
      ran.push(id)
    })
    const steps = [withdraw(1), withdraw(2), withdraw(3), withdraw(4, [], [], [1, 2]), withdraw(5, [], [], [2, 3])]
    await execute(plan(...steps), executors, { signal: new AbortController().signal, concurrency: 4 })
    expect(ran).toEqual([3, 5])
  })

  it('leaves no step running when it can not tell of one', async () => {
    const ended: number[] = []
    const executors = only(async ({ id }) => {
      if (id === 2) await new Promise((resolve) => setImmediate(resolve))
      ended.push(id)
    })
    const full = new Error('no space left on device')
    const telling = execute(plan(withdraw(1), withdraw(2)), executors, {
      signal: new AbortController().signal,
      concurrency: 4,
      onStep: ({ id }) => (id === 1 ? Promise.reject(full) : Promise.resolve()),
    })
    await expect(telling).rejects.toBe(full)
    expect(ended).toEqual([1, 2])
  })

  it('takes what comes after a failed step with it, and nothing else', async () => {
    const ran: string[] = []
    const broken = new Error('broken')
    const executors = only(async ({ args, id }) => {
      if (id === 1) throw broken
      ran.push(args.host)
    })
    const { outcomes, failures } = await execute(
      plan(withdraw(1), withdraw(2, [1]), withdraw(3, [2]), withdraw(4)),
      executors,
      { signal: new AbortController().signal, concurrency: 1 },
    )
    expect(ran).toEqual(['4.example'])
    expect([...outcomes].map(([step, { result }]) => [step.id, result]).sort()).toEqual([
      [1, 'failed'],
      [2, 'skipped'],
      [3, 'skipped'],
      [4, 'done'],
    ])
    expect(failures.map(({ error }) => error)).toEqual([broken])
  })

  it('lets a step that is behind others wait for their end, and not for their success', async () => {
    const log: string[] = []
    const executors = only(async ({ id }) => {
      log.push(`start ${id}`)
      await Promise.resolve()
      log.push(`end ${id}`)
      if (id === 1) throw new Error('broken')
    })
    const { outcomes } = await execute(plan(withdraw(1), withdraw(2, [1]), withdraw(3, [], [1, 2])), executors, {
      signal: new AbortController().signal,
      concurrency: 4,
    })
    expect(log).toEqual(['start 1', 'end 1', 'start 3', 'end 3'])
    expect([...outcomes].map(([step, { result }]) => [step.id, result]).sort()).toEqual([
      [1, 'failed'],
      [2, 'skipped'],
      [3, 'done'],
    ])
  })

  it('has no more under way at once than it may', async () => {
    let now = 0
    let most = 0
    const executors = only(async () => {
      now += 1
      most = Math.max(most, now)
      await Promise.resolve()
      now -= 1
    })
    const steps = Array.from({ length: 20 }, (_, index) => withdraw(index + 1))
    await execute(plan(...steps), executors, { signal: new AbortController().signal, concurrency: 3 })
    expect(most).toBe(3)
  })

  it('lets those that only wait take no room of those that work', async () => {
    let release = (): void => undefined
    const everyoneWaits = new Promise<void>((resolve) => {
      release = resolve
    })
    const executors = new Proxy<Executors>({} as Executors, {
      get: (_target, action) => (action === 'awaitHealthy' ? () => everyoneWaits : async () => release()),
    })
    const [container] = render(account('alice'), allocationOf(settings, 0), settings, allKinds).containers
    if (container === undefined) throw new Error('the fixture has a container')
    const waiting: AnyStep = {
      ...{ id: 1, action: 'awaitHealthy', args: { container }, target: 'container/a' },
      ...{ cause: 'test', after: [], behind: [], afterAny: [] },
    }
    const { failures } = await execute(plan(waiting, withdraw(2)), executors, {
      signal: new AbortController().signal,
      concurrency: 1,
    })
    expect(failures).toEqual([])
  })

  it('begins nothing after an abort', async () => {
    const abort = new AbortController()
    const ran: number[] = []
    const executors = only(async ({ id }) => {
      ran.push(id)
      abort.abort()
    })
    await execute(plan(withdraw(1), withdraw(2), withdraw(3, [2])), executors, { signal: abort.signal, concurrency: 1 })
    expect(ran).toEqual([1])
  })
})
