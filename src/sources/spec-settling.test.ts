import { describe, expect, test } from 'vitest'
import type { Clock } from '../ports/store.ts'
import { type Probe, SpecSettling } from './spec-settling.ts'

/** A clock whose time the test moves, millisecond by millisecond. */
class TestClock implements Clock {
  #now = 0
  #sleepers: { readonly at: number; readonly wake: () => void }[] = []

  now(): number {
    return this.#now
  }

  random(): number {
    return 0
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((wake, fail) => {
      signal.addEventListener('abort', () => fail(signal.reason))
      this.#sleepers.push({ at: this.#now + ms, wake })
    })
  }

  async advance(ms: number): Promise<void> {
    for (let step = 0; step <= ms; step++) {
      for (const { wake } of this.#sleepers.filter(({ at }) => at <= this.#now)) wake()
      this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now)
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      if (step < ms) this.#now += 1
    }
  }
}

const WHOLE: Probe = { state: 'stands', whole: true }
const HALF: Probe = { state: 'stands', whole: false }
const GONE: Probe = { state: 'gone' }

const setUp = () => {
  const clock = new TestClock()
  const files = new Map<string, Probe>()
  const calls: { readonly at: number; readonly unsettled: readonly string[] }[] = []
  const settling: SpecSettling = new SpecSettling({
    clock,
    probe: async (path) => files.get(path) ?? GONE,
    onSettled: () => calls.push({ at: clock.now(), unsettled: [...settling.unsettled()] }),
    signal: new AbortController().signal,
  })
  const touch = (path: string, probe: Probe): void => {
    files.set(path, probe)
    settling.touch(path)
  }
  return { clock, calls, settling, touch }
}

describe('SpecSettling', () => {
  test.each([
    ['a whole file', WHOLE, 30],
    ['a file that vanished', GONE, 250],
    ['a file without a newline at its end', HALF, 1000],
  ])('%s counts after its time, once', async (_, probe, ms) => {
    const { clock, calls, touch } = setUp()
    touch('a', probe)
    await clock.advance(ms - 1)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toEqual([{ at: ms, unsettled: [] }])
    await clock.advance(3000)
    expect(calls).toHaveLength(1)
  })

  test('each touch begins anew', async () => {
    const { clock, calls, touch } = setUp()
    for (let write = 0; write < 10; write++) {
      touch('a', WHOLE)
      await clock.advance(20)
    }
    expect(calls).toEqual([])
    await clock.advance(30)
    expect(calls).toEqual([{ at: 210, unsettled: [] }])
  })

  test('a file that is removed and comes back at once was never gone', async () => {
    const { clock, calls, touch } = setUp()
    touch('a', GONE)
    await clock.advance(100)
    touch('a', WHOLE)
    await clock.advance(29)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toHaveLength(1)
  })

  test('a half-written file is named as unsettled while others change', async () => {
    const { clock, calls, touch } = setUp()
    touch('half', HALF)
    touch('gone', GONE)
    await clock.advance(100)
    touch('whole', WHOLE)
    await clock.advance(30)
    expect(calls).toEqual([{ at: 130, unsettled: ['half', 'gone'] }])
    await clock.advance(2000)
    expect(calls.map(({ unsettled }) => unsettled)).toEqual([['half', 'gone'], ['half'], []])
  })

  test('a burst is one change', async () => {
    const { clock, calls, touch } = setUp()
    for (let file = 0; file < 300; file++) {
      touch(`f${file}`, WHOLE)
      if (file % 10 === 0) await clock.advance(10)
    }
    await clock.advance(100)
    expect(calls).toEqual([{ at: 330, unsettled: [] }])
  })

  test('a file that is written without end does not hold up the others', async () => {
    const { clock, calls, touch } = setUp()
    touch('good', WHOLE)
    for (let write = 0; write < 100; write++) {
      touch('busy', WHOLE)
      await clock.advance(10)
    }
    expect(calls).toEqual([{ at: 530, unsettled: ['busy'] }])
  })
})
