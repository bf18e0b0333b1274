import { Cron } from 'croner'
import { all, CONTROL, except, type Form, pattern, plainText, text } from './form.ts'
import { quoted } from './problem.ts'

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

/** Relative to the spec's file, or absolute. */
const certificateFile: Form = (value, source) =>
  relativePath(typeof value === 'string' && value.startsWith('/') ? value.slice(1) : value, source)

/** What may be said of a site. */
export const SITE_FORMS: readonly (readonly [string, Form])[] = [
  ['relative-path', relativePath],
  ['certificate-file', certificateFile],
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
  ['charset', pattern(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 32, 'the name of a character set, such as UTF-8')],
]
