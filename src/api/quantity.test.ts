import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBytes, parseCpuMillis, parseDuration, QuantityError } from './quantity.ts'

describe('parseCpuMillis', () => {
  test.each([
    ['2', 2000],
    [2, 2000],
    ['500m', 500],
    ['0.5', 500],
    ['.5', 500],
    ['5.', 5000],
    ['+1', 1000],
    ['1e1', 10_000],
    ['100e-3', 100],
    ['1k', 1_000_000],
    ['0.001', 1],
    ['1000000u', 1000],
  ])('%s is %d', (text, millis) => expect(parseCpuMillis(text)).toBe(millis))

  test.each(['', 'two', '-1', '0.0001', '1e99', '1 ', '2cores', '0x2', '1e', 'Infinity', `1${'0'.repeat(70)}`])(
    '%j is refused',
    (text) => expect(() => parseCpuMillis(text)).toThrow(QuantityError),
  )
})

describe('parseBytes', () => {
  test.each([
    ['4Gi', 4 * 2 ** 30],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['512Mi', 512 * 2 ** 20],
    ['1k', 1000],
    ['1Ki', 1024],
    ['1e3', 1000],
    ['1E3', 1000],
    ['0.5k', 500],
    [1048576, 1048576],
    ['7Pi', 7 * 2 ** 50],
  ])('%s is %d', (text, bytes) => expect(parseBytes(text)).toBe(bytes))

  test.each(['4GB', '4gi', '4 Gi', '-1Gi', '0.5', '1E', '100Ei', '1e30', 'lots'])('%j is refused', (text) =>
    expect(() => parseBytes(text)).toThrow(QuantityError),
  )

  test('a slip that is no whole number of bytes is explained', () =>
    expect(() => parseBytes('128m')).toThrow('128Mi would be mebibytes'))
})

describe('parseDuration', () => {
  test.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1h0m5s', 3_605_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  test.each(['', '10', '10min', '-1s', '1.5h', 's', '5m1h', '10 m'])('%j is refused', (text) =>
    expect(() => parseDuration(text)).toThrow(QuantityError),
  )
})

describe('properties', () => {
  const SUFFIXES = [
    ['', 1n],
    ['k', 1000n],
    ['M', 1000n ** 2n],
    ['Ki', 1024n],
    ['Mi', 1024n ** 2n],
    ['Gi', 1024n ** 3n],
  ] as const

  test('bytes are exact for every whole number and suffix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8_000_000 }), fc.constantFrom(...SUFFIXES), (n, [suffix, factor]) => {
        expect(BigInt(parseBytes(`${n}${suffix}`))).toBe(BigInt(n) * factor)
      }),
    )
  })

  test('cores and thousandths say the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (millis) => {
        const decimal = `${Math.floor(millis / 1000)}.${String(millis % 1000).padStart(3, '0')}`
        expect(parseCpuMillis(decimal)).toBe(millis)
        expect(parseCpuMillis(`${millis}m`)).toBe(millis)
      }),
    )
  })

  test('any text is a safe whole number or a QuantityError', () => {
    const digits = fc.stringMatching(/^[+-]?[0-9.]{0,12}[eEKMGTPinumk]{0,2}[+-]?[0-9]{0,3}$/)
    fc.assert(
      fc.property(fc.oneof(fc.string(), digits), (text) => {
        for (const parse of [parseBytes, parseCpuMillis]) {
          try {
            const value = parse(text)
            expect(Number.isSafeInteger(value) && value >= 0).toBe(true)
          } catch (error) {
            expect(error).toBeInstanceOf(QuantityError)
          }
        }
      }),
    )
  })
})
