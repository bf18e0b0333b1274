import { describe, expect, it } from 'vitest'
import { systemClock } from './clock.ts'

describe('systemClock', () => {
  it('sleeps for as long as it is told', async () => {
    const before = performance.now()
    await systemClock.sleep(20, new AbortController().signal)
    // Timers of Node.js may fire up to a millisecond early.
    expect(performance.now() - before).toBeGreaterThanOrEqual(19)
  })

  it.each([1_000, 2 ** 40])('wakes from %i ms with the reason of the abort', async (ms) => {
    const stop = new AbortController()
    const sleeping = systemClock.sleep(ms, stop.signal)
    const reason = new Error('enough')
    // A sleep that is too long for a timer would be over by then.
    setTimeout(() => stop.abort(reason), 20)
    await expect(sleeping).rejects.toBe(reason)
    await expect(systemClock.sleep(ms, stop.signal)).rejects.toBe(reason)
  })

  it('gives numbers from 0 to below 1', () => {
    const numbers = Array.from({ length: 100 }, () => systemClock.random())
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true)
    expect(new Set(numbers).size).toBeGreaterThan(90)
  })
})
