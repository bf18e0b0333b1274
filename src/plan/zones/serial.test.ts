import { describe, expect, it } from 'vitest'
import { isLater, nextSerial } from './serial.ts'

const noon = Date.UTC(2026, 2, 9, 12)

describe('nextSerial', () => {
  it('begins with the day', () => expect(nextSerial([], noon)).toBe(2_026_030_900))

  it.each([
    ['yesterday', 2_026_030_899, 2_026_030_900],
    ['today', 2_026_030_900, 2_026_030_901],
    ['the hundredth of today', 2_026_030_999, 2_026_031_000],
    ['a clock that was ahead', 2_030_010_100, 2_030_010_101],
    ['the highest there is', 2 ** 32 - 1, 2_026_030_900],
  ])('rises above %s', (_what, former, next) => {
    expect(nextSerial([former], noon)).toBe(next)
    expect(isLater(next, former)).toBe(true)
  })

  it('never falls while the clock does', () => {
    let serial = nextSerial([], noon)
    for (let day = 1; day < 400; day++) {
      const next = nextSerial([serial], noon - day * 86_400_000)
      expect(isLater(next, serial)).toBe(true)
      serial = next
    }
  })

  it('rises above all that are known', () => {
    expect(nextSerial([2_026_030_905, 2_026_030_907, 2_026_030_903], noon)).toBe(2_026_030_908)
  })
})

describe('isLater', () => {
  it('goes round, as RFC 1982 tells', () => {
    expect(isLater(1, 0)).toBe(true)
    expect(isLater(0, 1)).toBe(false)
    expect(isLater(5, 5)).toBe(false)
    expect(isLater(1, 2 ** 32 - 1)).toBe(true)
    expect(isLater(2 ** 32 - 1, 1)).toBe(false)
  })
})
