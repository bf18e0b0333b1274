import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeClock, fakeClock, settle } from '../../test/fakes/fake-clock.ts'
import { createWorkQueue, type Work, type WorkQueue } from './work-queue.ts'

/** Work that ends when it is told to. */
const createBench = () => {
  const open = new Map<string, { end: () => void; fail: (error: Error) => void }>()
  const begun: string[] = []
  const overlaps: string[] = []
  const work: Work = (key) =>
    new Promise((resolve, reject) => {
      if (open.has(key)) overlaps.push(key)
      begun.push(key)
      open.set(key, { end: resolve, fail: reject })
    })
  const close = (key: string) => {
    const item = open.get(key)
    open.delete(key)
    return item
  }
  return {
    begun,
    overlaps,
    work,
    running: () => [...open.keys()],
    end: (key: string) => close(key)?.end(),
    fail: (key: string) => close(key)?.fail(new Error(`${key} failed`)),
  }
}

describe('createWorkQueue', () => {
  let clock: FakeClock
  let queue: WorkQueue
  let bench: ReturnType<typeof createBench>
  let stop: AbortController
  let errors: [string, unknown][]
  let running: Promise<void>

  const onError = (key: string, error: unknown) => void errors.push([key, error])
  const start = (concurrency: number) => {
    running = queue.run(bench.work, { concurrency, signal: stop.signal, onError })
    return settle()
  }

  beforeEach(() => {
    clock = fakeClock()
    errors = []
    queue = createWorkQueue(clock)
    bench = createBench()
    stop = new AbortController()
    running = Promise.resolve()
  })
  afterEach(async () => {
    stop.abort()
    for (const key of bench.running()) bench.end(key)
    await running
  })

  it('makes many adds before the work one', async () => {
    for (let count = 0; count < 5; count++) queue.add('a')
    await start(1)
    bench.end('a')
    await settle()
    expect(bench.begun).toEqual(['a'])
  })

  it('runs a key once more after adds during its work, and not before it ends', async () => {
    await start(4)
    queue.add('a')
    await settle()
    for (let count = 0; count < 5; count++) queue.add('a')
    await settle()
    expect(bench.begun).toEqual(['a'])
    bench.end('a')
    await settle()
    expect(bench.begun).toEqual(['a', 'a'])
    bench.end('a')
    await settle()
    expect(bench.begun).toHaveLength(2)
  })

  it('lets a key that never ends delay nobody else', async () => {
    await start(2)
    queue.add('slow')
    for (const key of ['a', 'b', 'c']) {
      queue.add(key)
      await settle()
      bench.end(key)
      await settle()
    }
    expect(bench.begun).toEqual(['slow', 'a', 'b', 'c'])
  })

  it('works on no more keys at once than it may, first come first served', async () => {
    await start(2)
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
    await settle()
    expect(bench.running()).toEqual(['a', 'b'])
    bench.end('b')
    await settle()
    expect(bench.running()).toEqual(['a', 'c'])
  })

  it('puts a key that is added during its work behind those that wait', async () => {
    await start(1)
    for (const key of ['a', 'b', 'c', 'a']) queue.add(key)
    await settle()
    queue.add('a')
    for (const key of ['a', 'b', 'c']) {
      bench.end(key)
      await settle()
    }
    expect(bench.begun).toEqual(['a', 'b', 'c', 'a'])
  })

  it('adds later, at the earliest time asked for, once', async () => {
    await start(1)
    queue.addAfter('a', 500)
    queue.addAfter('a', 100)
    queue.addAfter('a', 300)
    await clock.advance(99)
    expect(bench.begun).toEqual([])
    await clock.advance(1)
    expect(bench.begun).toEqual(['a'])
    bench.end('a')
    await clock.advance(10_000)
    expect(bench.begun).toEqual(['a'])
  })

  it('waits longer after each failure, until it is forgotten', async () => {
    await start(1)
    queue.addRateLimited('a')
    await clock.advance(1_000)
    bench.end('a')
    await settle()
    queue.addRateLimited('a')
    await clock.advance(1_999)
    expect(bench.begun).toHaveLength(1)
    await clock.advance(1)
    expect(bench.begun).toHaveLength(2)
    bench.end('a')
    await settle()
    queue.forget('a')
    queue.addRateLimited('a')
    await clock.advance(1_000)
    expect(bench.begun).toHaveLength(3)
  })

  it('tells of rejected work, and tries it again with backoff', async () => {
    await start(1)
    queue.add('a')
    await settle()
    bench.fail('a')
    await settle()
    expect(errors).toEqual([['a', new Error('a failed')]])
    await clock.advance(999)
    expect(bench.begun).toHaveLength(1)
    await clock.advance(1)
    expect(bench.begun).toHaveLength(2)
    bench.fail('a')
    await clock.advance(2_000)
    expect(bench.begun).toHaveLength(3)
  })

  it('ends when the work has ended, and begins nothing new', async () => {
    await start(1)
    for (const key of ['a', 'b']) queue.add(key)
    queue.addAfter('c', 100)
    await settle()
    let hasEnded = false
    const ended = running.then(() => {
      hasEnded = true
    })
    stop.abort()
    await clock.advance(1_000)
    expect(hasEnded).toBe(false)
    bench.end('a')
    await ended
    expect(bench.begun).toEqual(['a'])
    expect(clock.sleepers).toBe(0)
  })

  it('takes up in its next run what it could not begin in the last', async () => {
    await start(1)
    for (const key of ['a', 'b']) queue.add(key)
    await settle()
    queue.add('a')
    stop.abort()
    bench.end('a')
    await running
    stop = new AbortController()
    await start(2)
    expect(bench.running().sort()).toEqual(['a', 'b'])
  })

  it('hands its signal to the work, and refuses a second run', async () => {
    const seen: AbortSignal[] = []
    running = queue.run(async (_key, signal) => void seen.push(signal), {
      concurrency: 1,
      signal: stop.signal,
      onError,
    })
    await expect(queue.run(bench.work, { concurrency: 1, signal: stop.signal, onError })).rejects.toThrow(
      'runs already',
    )
    queue.add('a')
    await settle()
    expect(seen).toEqual([stop.signal])
  })

  it('does nothing in a run that was aborted before', async () => {
    stop.abort()
    queue.add('a')
    await start(1)
    await running
    expect(bench.begun).toEqual([])
  })
})

type Command =
  | { readonly do: 'add' | 'addRateLimited' | 'forget' | 'end' | 'fail'; readonly key: string }
  | { readonly do: 'addAfter'; readonly key: string; readonly ms: number }
  | { readonly do: 'advance'; readonly ms: number }

const key = fc.constantFrom('a', 'b', 'c', 'd')
const ms = fc.nat({ max: 5_000 })
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constantFrom('add', 'addRateLimited', 'forget', 'end', 'fail'), key }),
  fc.record({ do: fc.constant('addAfter'), key, ms }),
  fc.record({ do: fc.constant('advance'), ms }),
)

/** True when the key must be worked on once more after this. */
const isRequest = (step: Command, running: readonly string[]): step is Exclude<Command, { do: 'advance' }> => {
  if (step.do === 'fail') return running.includes(step.key)
  return step.do === 'add' || step.do === 'addAfter' || step.do === 'addRateLimited'
}

interface World {
  readonly queue: WorkQueue
  readonly bench: ReturnType<typeof createBench>
  readonly clock: FakeClock
}

const carryOut = async (step: Command, { queue, bench, clock }: World): Promise<void> => {
  if (step.do === 'advance') await clock.advance(step.ms)
  else if (step.do === 'addAfter') queue.addAfter(step.key, step.ms)
  else if (step.do === 'end' || step.do === 'fail') bench[step.do](step.key)
  else queue[step.do](step.key)
}

describe('createWorkQueue, in any order of events', () => {
  it('never works on a key twice at once, never forgets one, and keeps to its concurrency', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (commands, most) => {
        const clock = fakeClock()
        const bench = createBench()
        const stop = new AbortController()
        const queue = createWorkQueue(clock)
        const run = queue.run(bench.work, { concurrency: most, signal: stop.signal, onError: () => {} })
        /** Keys that must be begun after this point, with how many had begun when they were asked for. */
        const owed = new Map<string, number>()
        const owe = (wanted: string) => owed.set(wanted, bench.begun.filter((begun) => begun === wanted).length)

        for (const step of commands) {
          if (isRequest(step, bench.running())) owe(step.key)
          await carryOut(step, { queue, bench, clock })
          await settle()
          expect(bench.overlaps).toEqual([])
          expect(bench.running().length).toBeLessThanOrEqual(most)
        }

        for (let round = 0; round < 20; round++) {
          await clock.advance(300_000)
          for (const open of bench.running()) bench.end(open)
          await settle()
        }
        for (const [wanted, before] of owed) {
          expect(bench.begun.filter((begun) => begun === wanted).length).toBeGreaterThan(before)
        }
        expect(bench.running()).toEqual([])
        stop.abort()
        await run
      }),
      { numRuns: 200 },
    )
  })
})
