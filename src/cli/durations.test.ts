import { describe, expect, it } from 'vitest'
import { durationOption, formatAge } from './durations.ts'
import { CliError, EXIT } from './exit-codes.ts'

const now = Date.parse('2026-01-10T00:00:00Z')

describe('formatAge', () => {
  it.each([
    ['2026-01-10T00:00:00Z', '0s'],
    ['2026-01-10T00:00:30Z', '0s'],
    ['2026-01-09T23:59:18Z', '42s'],
    ['2026-01-09T23:50:00Z', '10m'],
    ['2026-01-09T22:29:59Z', '1h30m'],
    ['2026-01-07T20:00:00Z', '2d4h'],
    ['never', ''],
  ])('%s', (timestamp, expected) => {
    expect(formatAge(timestamp, now)).toBe(expected)
  })
})

describe('durationOption', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['45', 45_000],
    ['0', 0],
  ])('%s', (text, expected) => {
    expect(durationOption('timeout', text)).toBe(expected)
  })

  it.each(['soon', '', '-5m', '5 m'])('refuses %j as wrong usage, naming the option', (text) => {
    const attempt = () => durationOption('since', text)
    expect(attempt).toThrow(CliError)
    expect(attempt).toThrow(
      expect.objectContaining({ exitCode: EXIT.usage, message: expect.stringContaining('--since') }),
    )
  })
})
