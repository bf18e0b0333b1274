import { domainToASCII } from 'node:url'
import { quoted } from './problem.ts'
import { parseBytes, parseCpuMillis, parseDuration, QuantityError } from './quantity.ts'
import { isReservedName } from './reserved-names.ts'

/**
 * Says what is wrong with a value, in a sentence, or nothing when it will do. `source` is the value as it stands in the
 * file, so that `8.10` can be told from `8.1`.
 */
export type Form = (value: unknown, source: string) => string | undefined

const text =
  (check: (value: string) => string | undefined): Form =>
  (value, source) => {
    if (typeof value === 'string') return check(value)
    if (value === null) return 'is empty: give it a value, or remove it'
    if (typeof value === 'number' || typeof value === 'boolean') {
      return `must be text: write it in quotes, ${quoted(source)}`
    }
    return 'must be text'
  }

const pattern = (regex: RegExp, maxLength: number, rule: string): Form =>
  text((value) => {
    if (value.length > maxLength) return `is too long: it has ${value.length} characters, at most ${maxLength} will do`
    return regex.test(value) ? undefined : `${quoted(value)} must be ${rule}`
  })

/** The first complaint of several forms. */
const all =
  (...forms: readonly Form[]): Form =>
  (value, source) => {
    for (const form of forms) {
      const complaint = form(value, source)
      if (complaint !== undefined) return complaint
    }
    return undefined
  }

const except = (isTaken: (value: string) => boolean, why: string): Form =>
  text((value) => (isTaken(value) ? `${quoted(value)} ${why}` : undefined))

const oneOf =
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

const quantity =
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

const RESYNC_LEAST_MS = 10_000
const RESYNC_MOST_MS = 24 * 3_600_000

const resyncPeriod = text((value) =>
  complaintOf(() => {
    const ms = parseDuration(value)
    if (ms < RESYNC_LEAST_MS) throw new QuantityError(`${value} is too often: at least 10s`)
    if (ms > RESYNC_MOST_MS) throw new QuantityError(`${value} is too seldom: at most 24h`)
  }),
)

// RFC 1035 section 2.3.4 and RFC 1123 section 2.1: labels of at most 63, names of at most 253 characters.
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const MAX_DOMAIN = 253

/** What the administrator may have meant. */
const domainHint = (value: string): string => {
  const ascii = domainToASCII(value.replace(/\.$/, ''))
  return ascii !== '' && ascii !== value && ascii.split('.').every((label) => LABEL.test(label))
    ? `: write ${quoted(ascii)}`
    : ': use lower-case letters, digits and hyphens in labels of at most 63 characters, with dots between them'
}

const domain = text((value) => {
  if (value.length > MAX_DOMAIN) {
    return `is too long for a host name: it has ${value.length} characters, at most 253 will do`
  }
  const labels = value.split('.')
  if (!labels.every((label) => LABEL.test(label))) return `${quoted(value)} is no host name${domainHint(value)}`
  // RFC 1123 section 2.1: the last label is alphabetic, so that no name looks like an address.
  return /^[0-9]+$/.test(labels.at(-1) ?? '') ? `${quoted(value)} is an address, not a host name` : undefined
})

const MAX_PATH = 255

const relativePath = text((value) => {
  if (value.length > MAX_PATH) return `is too long: it has ${value.length} characters, at most ${MAX_PATH} will do`
  if (value.startsWith('/')) return `${quoted(value)} is absolute: write it relative, without the first slash`
  const segments = value.split('/')
  if (segments.includes('..')) return `${quoted(value)} leaves its directory: ".." is not allowed`
  return segments.every((segment) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(segment))
    ? undefined
    : `${quoted(value)} must be directory names of letters, digits, ".", "_" and "-", none hidden, with one slash between them`
})

const MAX_ADDRESS = 2 ** 32
const PRIVATE_HINT = 'an IPv4 network such as 10.90.0.0/16'

const ipv4Pool = text((value) => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(value)
  if (match === null) return `${quoted(value)} must be ${PRIVATE_HINT}`
  const [first = 0, second = 0, third = 0, fourth = 0, prefix = 0] = match.slice(1).map(Number)
  if ([first, second, third, fourth].some((octet) => octet > 255)) return `${quoted(value)} must be ${PRIVATE_HINT}`
  if (prefix < 8 || prefix > 28) return `${quoted(value)} must have a prefix length from /8 to /28`
  const address = ((first * 256 + second) * 256 + third) * 256 + fourth
  return address % (MAX_ADDRESS / 2 ** prefix) === 0
    ? undefined
    : `${quoted(value)} has bits set behind the prefix: give the network's first address`
})

const letterFirst = 'lower-case letters, digits and hyphens, a letter first, no hyphen last'
const identifier = pattern(/^[a-z][a-z0-9_]*$/, 32, 'lower-case letters, digits and underscores, a letter first')

/** Every `format` of the CustomResourceDefinitions that is ours, and what it asks of a value. */
export const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  [
    'account-name',
    all(
      pattern(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 31, letterFirst),
      except(isReservedName, 'is reserved, for the system or for Palisade: choose another name'),
    ),
  ],
  [
    'object-name',
    pattern(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 63, 'lower-case letters, digits and hyphens, no hyphen first or last'),
  ],
  ['instance-name', pattern(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 16, letterFirst)],
  ['interface-prefix', pattern(/^[a-z][a-z0-9]*$/, 8, 'lower-case letters and digits, a letter first')],
  ['service-kind', pattern(/^[a-z][a-z0-9-]*$/, 31, 'lower-case letters, digits and hyphens, a letter first')],
  [
    'version',
    pattern(/^[0-9a-z]+([.-][0-9a-z]+)*$/, 31, 'a version such as "8.2", of digits, lower-case letters and dots'),
  ],
  [
    'recipe-name',
    pattern(/^[a-z0-9]+([.-][a-z0-9]+)*$/, 63, 'lower-case letters, digits, dots and hyphens, such as "php-8.2"'),
  ],
  [
    'schema-name',
    all(
      identifier,
      except(
        oneOf('mysql', 'information_schema', 'performance_schema', 'sys', 'postgres'),
        "is the engine's own schema",
      ),
    ),
  ],
  [
    'schema-owner',
    all(identifier, except(oneOf('root', 'mysql', 'mariadb', 'healthcheck', 'postgres'), "is the engine's own user")),
  ],
  ['domain', domain],
  ['relative-path', relativePath],
  [
    'absolute-path',
    pattern(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/, 128, 'an absolute path, of plain names, without a slash at the end'),
  ],
  ['ipv4-pool', ipv4Pool],
  ['cpu', quantity(parseCpuMillis, 10, '10m')],
  ['tenant-memory', quantity(parseBytes, 128 * 2 ** 20, '128Mi')],
  ['service-memory', quantity(parseBytes, 64 * 2 ** 20, '64Mi')],
  ['resync-period', resyncPeriod],
])
