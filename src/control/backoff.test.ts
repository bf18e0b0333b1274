import { describe, expect, it } from 'vitest'
import { createBackoff } from './backoff.ts'

describe('createBackoff', () => {
  it('doubles from one second to five minutes', () => {
    const backoff = createBackoff(() => 0)
    const delays = Array.from({ length: 11 }, () => backoff.next('a'))
    expect(delays).toEqual([1e3, 2e3, 4e3, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3, 300e3, 300e3])
  })

  it('stays at five minutes after any number of failures', () => {
    const backoff = createBackoff(() => 0)
    for (let failure = 0; failure < 5_000; failure++) backoff.next('a')
    expect(backoff.next('a')).toBe(300_000)
  })

  it('takes at most a fifth off', () => {
    expect(createBackoff(() => 0.5).next('a')).toBe(900)
    expect(createBackoff(() => 0.999_999).next('a')).toBe(800)
  })

  it('counts each key for itself, and forgets one alone', () => {
    const backoff = createBackoff(() => 0)
    backoff.next('a')
    backoff.next('a')
    backoff.next('b')
    expect(backoff.next('b')).toBe(2_000)
    backoff.forget('a')
    expect(backoff.next('a')).toBe(1_000)
    expect(backoff.next('b')).toBe(4_000)
  })
})
