import { quoted } from './problem.ts'
import { parseDuration, QuantityError } from './quantity.ts'

/**
 * Says what is wrong with a value, in a sentence, or nothing when it will do. `source` is the value as it stands in the
 * file, so that `8.10` can be told from `8.1`.
 */
export type Form = (value: unknown, source: string) => string | undefined

export const text =
  (check: (value: string) => string | undefined): Form =>
  (value, source) => {
    if (typeof value === 'string') return check(value)
    if (value === null) return 'is empty: give it a value, or remove it'
    if (typeof value === 'number' || typeof value === 'boolean') {
      return `must be text: write it in quotes, ${quoted(source)}`
    }
    return 'must be text'
  }

export const pattern = (regex: RegExp, maxLength: number, rule: string): Form =>
  text((value) => {
    if (value.length > maxLength) return `is too long: it has ${value.length} characters, at most ${maxLength} will do`
    return regex.test(value) ? undefined : `${quoted(value)} must be ${rule}`
  })

/** The first complaint of several forms. */
export const all =
  (...forms: readonly Form[]): Form =>
  (value, source) => {
    for (const form of forms) {
      const complaint = form(value, source)
      if (complaint !== undefined) return complaint
    }
    return undefined
  }

export const except = (isTaken: (value: string) => boolean, why: string): Form =>
  text((value) => (isTaken(value) ? `${quoted(value)} ${why}` : undefined))

export const oneOf =
  (...names: readonly string[]) =>
  (value: string): boolean =>
    names.includes(value)

/** Runs a parser for its complaint. */
const complaintOf = (parse: () => void): string | undefined => {
  try {
    parse()
    return undefined
  } catch (error) {
    if (error instanceof QuantityError) return error.message
    throw error
  }
}

export const quantity =
  (parse: (value: string | number) => number, least: number, leastText: string): Form =>
  (value, source) => {
    if (value === null) return 'is empty: give it a value, or remove it'
    if (typeof value !== 'string' && typeof value !== 'number') return `must be a quantity, at least ${leastText}`
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      return `must be a whole number or text: write it in quotes, ${quoted(source)}`
    }
    return complaintOf(() => {
      if (parse(value) < least) throw new QuantityError(`${value} is too little: at least ${leastText} is needed`)
    })
  }

const DAY_MS = 24 * 3_600_000

export const duration = (leastMs: number, leastText: string, low: string, high: string): Form =>
  text((value) =>
    complaintOf(() => {
      const ms = parseDuration(value)
      if (ms < leastMs) throw new QuantityError(`${value} is ${low}: at least ${leastText}`)
      if (ms > DAY_MS) throw new QuantityError(`${value} is ${high}: at most 24h`)
    }),
  )

/** Control characters have no meaning in any value that reaches a configuration, a command or a query. */
export const CONTROL = /\p{Cc}/u

export const plainText = (maxLength: number): Form =>
  text((value) => {
    if (value.length > maxLength) return `is too long: it has ${value.length} characters, at most ${maxLength} will do`
    return CONTROL.test(value) ? 'has a control character, such as a line break: remove it' : undefined
  })
