import { parseDuration, QuantityError } from '../api/quantity.ts'
import { CliError, EXIT } from './exit-codes.ts'

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const

/** How long ago, in the largest two units that matter, such as `3d4h`, `10m` or `42s`. */
export const formatAge = (timestamp: string, now: number): string => {
  const then = Date.parse(timestamp)
  if (Number.isNaN(then)) return ''
  let seconds = Math.max(0, Math.floor((now - then) / 1000))
  const first = UNITS.findIndex(([, size]) => seconds >= size)
  if (first < 0) return '0s'
  return UNITS.slice(first, first + 2)
    .map(([unit, size]) => {
      const count = Math.floor(seconds / size)
      seconds %= size
      return count === 0 ? '' : `${count}${unit}`
    })
    .join('')
}

/**
 * Milliseconds of an option's value, such as `90s` or `5m`; a bare number is seconds.
 * @throws CliError for wrong usage, naming the option.
 */
export const durationOption = (option: string, text: string): number => {
  try {
    return parseDuration(/^\d+$/.test(text) ? `${text}s` : text)
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
    throw new CliError(EXIT.usage, `--${option}: ${error.message}`, { cause: error })
  }
}
