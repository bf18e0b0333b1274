import { domainToASCII } from 'node:url'
import { Cron } from 'croner'
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

const DAY_MS = 24 * 3_600_000

const duration = (leastMs: number, leastText: string, low: string, high: string): Form =>
  text((value) =>
    complaintOf(() => {
      const ms = parseDuration(value)
      if (ms < leastMs) throw new QuantityError(`${value} is ${low}: at least ${leastText}`)
      if (ms > DAY_MS) throw new QuantityError(`${value} is ${high}: at most 24h`)
    }),
  )

/** Control characters have no meaning in any value that reaches a configuration, a command or a query. */
const CONTROL = /\p{Cc}/u

const plainText = (maxLength: number): Form =>
  text((value) => {
    if (value.length > maxLength) return `is too long: it has ${value.length} characters, at most ${maxLength} will do`
    return CONTROL.test(value) ? 'has a control character, such as a line break: remove it' : undefined
  })

// RFC 3986 section 3.3, without the characters that web servers read as their own.
const URL_PATH = /^\/[A-Za-z0-9._~!'()*,;=:@%/-]*$/
const REDIRECT_TARGET = /^(https?:\/\/[A-Za-z0-9]|\/(?!\/)|\/$)[A-Za-z0-9._~!'()*,;=:@%/?&#[\]+-]*$/

/** Web servers compare a path with its escapes taken out. */
const decodes = (value: string): boolean => {
  try {
    return !CONTROL.test(decodeURIComponent(value))
  } catch {
    return false
  }
}

const urlForm = (regex: RegExp, maxLength: number, rule: string): Form =>
  all(
    pattern(regex, maxLength, rule),
    text((value) => (decodes(value) ? undefined : `${quoted(value)} has a "%" that stands for no printable character`)),
  )

const cronSchedule = text((value) => {
  try {
    return new Cron(value, { paused: true, mode: '5-part' }).nextRun() === null
      ? `${quoted(value)} never comes`
      : undefined
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    return `${quoted(value)} is no schedule of five fields as in crontab(5): ${why}`
  }
})

const timeZone = text((value) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return /^[A-Za-z0-9_+/-]+$/.test(value) ? undefined : `${quoted(value)} must be a name such as Europe/Vienna`
  } catch {
    return `${quoted(value)} is no time zone: write a name such as Europe/Vienna or UTC`
  }
})

/** What decides how code is run, and the parameters of a request (RFC 3875 section 4.1, FastCGI, PHP). */
const OWN_VARIABLES =
  /^(LD|PALISADE|HTTP|REMOTE|SCRIPT|SERVER|REQUEST|DOCUMENT|PATH|QUERY|CONTENT|GATEWAY|AUTH|REDIRECT|PHP|FCGI|CONTEXT)_|^(HTTPS|PORT|PATH|HOME|NODE_OPTIONS|PYTHONPATH)$|_SOCKET$/

/** Set for every answer by somebody else: by the web server for the connection, or by the edge. */
const OWN_HEADERS = [
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-cache',
]

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
  ['upload-size', quantity(parseBytes, 1024, '1Ki')],
  ['resync-period', duration(10_000, '10s', 'too often', 'too seldom')],
  ['job-timeout', duration(1_000, '1s', 'too short', 'too long')],
  [
    'entry',
    pattern(
      /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*(:[A-Za-z_][A-Za-z0-9_]*)?$/,
      255,
      'a file inside the site such as server.js, or module and application such as app:application',
    ),
  ],
  ['file-name', pattern(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, 64, 'a file name of letters, digits, ".", "_" and "-"')],
  ['url-path', urlForm(URL_PATH, 1024, 'a path such as /old, without spaces, "?", "#", quotes, "$" or braces')],
  ['redirect-target', urlForm(REDIRECT_TARGET, 2048, 'a path such as /new, or an address that starts with https://')],
  [
    'header-name',
    all(
      pattern(/^[A-Za-z][A-Za-z0-9-]*$/, 64, 'letters, digits and hyphens, a letter first'),
      except((name) => OWN_HEADERS.includes(name.toLowerCase()), 'is set by the web server itself'),
    ),
  ],
  ['header-value', pattern(/^[ -~]*$/, 1024, 'printable ASCII characters')],
  [
    'variable-name',
    all(
      pattern(/^[A-Za-z_][A-Za-z0-9_]*$/, 64, 'letters, digits and underscores, no digit first'),
      except((name) => OWN_VARIABLES.test(name), 'is set by Palisade or by the web server'),
    ),
  ],
  ['variable-value', plainText(4096)],
  ['argument', plainText(4096)],
  ['job-name', pattern(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 31, 'lower-case letters, digits and hyphens')],
  ['cron-schedule', cronSchedule],
  ['time-zone', timeZone],
  ['php-size', pattern(/^[0-9]{1,9}[KMG]?$/, 16, 'a size such as 128M')],
  ['charset', pattern(/^[A-Za-z0-9._-]+$/, 32, 'the name of a character set, such as UTF-8')],
  [
    'image-reference',
    pattern(
      /^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
      512,
      'registry, name and tag or digest, such as docker.io/library/php:8.5-fpm',
    ),
  ],
  [
    'registry',
    pattern(
      /^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
      255,
      'a host, perhaps with port and path, such as registry.example:5000',
    ),
  ],
])
