/** A quantity or duration that can't be taken; the message is a sentence that says what would do. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError'
}

/** value = digits × 10^tens × 2^twos, exact. */
interface Exact {
  readonly digits: bigint
  readonly tens: number
  readonly twos: number
}

// The syntax of Kubernetes, apimachinery `resource.Quantity`. `E` before digits is an exponent, else it is exa.
const QUANTITY = /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:([KMGTPE])i|([numkMGTPE])|[eE]([+-]?[0-9]+))?$/
const MAX_LENGTH = 64
/** Beyond, no quantity of a computer is meant, and the arithmetic would get slow. */
const MAX_EXPONENT = 40

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY: Readonly<Record<string, number>> = { K: 10, M: 20, G: 30, T: 40, P: 50, E: 60 }

const parseExact = (text: string): Exact | undefined => {
  const match = text.length <= MAX_LENGTH ? QUANTITY.exec(text) : null
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', bare = '', binary = '', decimal = '', exponent = '0'] = match
  if (Math.abs(Number(exponent)) > MAX_EXPONENT) return undefined
  const decimals = fraction + bare
  return {
    digits: BigInt(`${whole}${decimals}`) * (sign === '-' ? -1n : 1n),
    tens: (DECIMAL[decimal] ?? Number(exponent)) - decimals.length,
    twos: BINARY[binary] ?? 0,
  }
}

/** The value as a whole number, or undefined when it isn't one. */
const toWhole = ({ digits, tens, twos }: Exact): bigint | undefined => {
  const scaled = digits * 2n ** BigInt(twos)
  if (tens >= 0) return scaled * 10n ** BigInt(tens)
  const divisor = 10n ** BigInt(-tens)
  return scaled % divisor === 0n ? scaled / divisor : undefined
}

const toSafeNumber = (value: bigint, text: string): number => {
  if (value < 0n) throw new QuantityError(`${text} is less than nothing`)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new QuantityError(`${text} is more than any machine has`)
  return Number(value)
}

/**
 * Thousandths of a CPU core, of `2`, `"0.5"`, `500m` or `1e1`.
 * @throws QuantityError when it is none, is negative, or is finer than a thousandth.
 */
export const parseCpuMillis = (value: string | number): number => {
  const text = String(value)
  const exact = parseExact(text)
  if (exact === undefined) {
    throw new QuantityError(`${JSON.stringify(text)} is no amount of CPU: write cores such as 2, "0.5" or 500m`)
  }
  const millis = toWhole({ ...exact, tens: exact.tens + 3 })
  if (millis === undefined) throw new QuantityError(`${text} is finer than a thousandth of a core, 1m`)
  return toSafeNumber(millis, text)
}

/**
 * Bytes, of `4Gi`, `512Mi`, `1.5G`, `1e9` or `1048576`.
 * @throws QuantityError when it is none, is negative, or is no whole number of bytes.
 */
export const parseBytes = (value: string | number): number => {
  const text = String(value)
  const exact = parseExact(text)
  if (exact === undefined) {
    throw new QuantityError(
      `${JSON.stringify(text)} is no amount of memory: write bytes such as 512Mi, 4Gi or 1073741824`,
    )
  }
  const bytes = toWhole(exact)
  if (bytes === undefined) {
    const hint = text.endsWith('m') ? `; m means thousandths, ${text.slice(0, -1)}Mi would be mebibytes` : ''
    throw new QuantityError(`${text} is no whole number of bytes${hint}`)
  }
  return toSafeNumber(bytes, text)
}

/**
 * Bits per second, of `200M`, `1G` or `500k`.
 * @throws QuantityError when it is none, is negative, or is no whole number.
 */
export const parseBits = (value: string | number): number => {
  const text = String(value)
  const exact = parseExact(text)
  const bits = exact && toWhole(exact)
  if (bits === undefined) {
    throw new QuantityError(`${JSON.stringify(text)} is no bandwidth: write bits per second such as 200M, 1G or 500k`)
  }
  return toSafeNumber(bits, text)
}

const DURATION = /^(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?$/

/**
 * Milliseconds, of `90s`, `10m` or `1h30m`.
 * @throws QuantityError when it is none.
 */
export const parseDuration = (text: string): number => {
  const match = text === '' ? null : DURATION.exec(text)
  if (match === null) {
    throw new QuantityError(`${JSON.stringify(text)} is no duration: write it like 90s, 10m or 1h30m`)
  }
  const [, hours = '0', minutes = '0', seconds = '0'] = match
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
}
