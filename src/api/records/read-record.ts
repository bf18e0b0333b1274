import { quoted } from '../problem.ts'
import { readIpv4, readIpv6 } from './addresses.ts'
import { readHost, readHostOrRoot, readTarget, readTargetOrRoot } from './names.ts'
import { splitWords } from './rdata-words.ts'
import type { RecordData, RecordType } from './record-data.ts'
import { RecordError } from './record-error.ts'
import { RecordFields } from './record-fields.ts'
import { readServiceParameters } from './service-parameters.ts'

type Reader = (fields: RecordFields, zone: string) => RecordData

/** What a message holds, RFC 1035 section 4.2.2, less what else has to stand in it. */
const MAX_TEXT_BYTES = 60_000

/** Without quotes the whole value is one text, as people mean it. */
const readText = (value: string): RecordData => {
  if (!value.startsWith('"')) {
    if (/["\\]/.test(value)) throw new RecordError('has a quotation mark or a backslash: put the whole text in quotes')
    return checkedText([value])
  }
  const words = splitWords(value)
  const bare = words.find(({ isQuoted }) => !isQuoted)
  if (bare !== undefined) throw new RecordError(`has ${quoted(bare.text)} outside its quotes`)
  return checkedText(words.map(({ text }) => text))
}

const checkedText = (texts: readonly string[]): RecordData => {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (bytes <= MAX_TEXT_BYTES) return { type: 'TXT', texts }
  throw new RecordError(`is too long: it has ${bytes} bytes, at most ${MAX_TEXT_BYTES} will do`)
}

const oneHost =
  (type: 'NS' | 'PTR'): Reader =>
  (fields, zone) => ({ type, target: readHost(fields.text('name'), zone) })

const readCaa: Reader = (fields) => {
  const flags = fields.number('flags', 255)
  const tag = fields.text('tag').toLowerCase()
  if (!/^[a-z0-9]{1,15}$/.test(tag)) throw new RecordError(`${quoted(tag)} must be a tag such as issue or iodef`)
  return { type: 'CAA', flags, tag, value: fields.ascii('value', 1024) }
}

/** Hexadecimal digits of a fingerprint, by its type: RFC 4255 section 3.1.2, RFC 6594. */
const FINGERPRINT_DIGITS: ReadonlyMap<number, number> = new Map([
  [1, 40],
  [2, 64],
])

/** The same for certificates: RFC 6698 section 2.1.3. */
const MATCHING_DIGITS: ReadonlyMap<number, number> = new Map([
  [1, 64],
  [2, 128],
])

const checkDigits = (digits: string, wanted: number | undefined): string => {
  if (wanted === undefined || digits.length === wanted) return digits
  throw new RecordError(`has ${digits.length} hexadecimal digits, ${wanted} are needed`)
}

const readSshfp: Reader = (fields) => {
  const algorithm = fields.number('algorithm', 255)
  const hash = fields.number('type of fingerprint', 255)
  const digits = FINGERPRINT_DIGITS.get(hash)
  if (digits === undefined) throw new RecordError('has a fingerprint of no known type: 1 is SHA-1, 2 is SHA-256')
  return { type: 'SSHFP', algorithm, hash, fingerprint: checkDigits(fields.hexadecimal('fingerprint'), digits) }
}

const readTlsa: Reader = (fields) => {
  const usage = fields.number('usage', 3)
  const selector = fields.number('selector', 1)
  const matching = fields.number('matching type', 2)
  const association = checkDigits(fields.hexadecimal('certificate data'), MATCHING_DIGITS.get(matching))
  return { type: 'TLSA', usage, selector, matching, association }
}

const readNaptr: Reader = (fields, zone) => ({
  type: 'NAPTR',
  order: fields.number('order'),
  preference: fields.number('preference'),
  flags: fields.ascii('flags', 16),
  services: fields.ascii('services', 255),
  regexp: fields.ascii('regular expression', 255),
  replacement: readTargetOrRoot(fields.text('replacement'), zone),
})

const readService =
  (type: 'SVCB' | 'HTTPS'): Reader =>
  (fields, zone) => {
    const priority = fields.number('priority')
    const target = readTargetOrRoot(fields.text('target'), zone)
    const words = fields.rest().map(({ text }) => text)
    if (priority === 0 && words.length > 0) throw new RecordError('is an alias (priority 0), which has no parameters')
    return { type, priority, target, parameters: readServiceParameters(words) }
  }

const READERS: Readonly<Record<Exclude<RecordType, 'TXT'>, Reader>> = {
  A: (fields) => ({ type: 'A', address: readIpv4(fields.text('address')) }),
  AAAA: (fields) => ({ type: 'AAAA', address: readIpv6(fields.text('address')) }),
  CAA: readCaa,
  CNAME: (fields, zone) => ({ type: 'CNAME', target: readTarget(fields.text('name'), zone) }),
  HTTPS: readService('HTTPS'),
  MX: (fields, zone) => ({
    type: 'MX',
    preference: fields.number('preference'),
    target: readHostOrRoot(fields.text('name'), zone),
  }),
  NAPTR: readNaptr,
  NS: oneHost('NS'),
  PTR: oneHost('PTR'),
  SRV: (fields, zone) => ({
    type: 'SRV',
    priority: fields.number('priority'),
    weight: fields.number('weight'),
    port: fields.number('port'),
    target: readHostOrRoot(fields.text('target'), zone),
  }),
  SSHFP: readSshfp,
  SVCB: readService('SVCB'),
  TLSA: readTlsa,
}

/** An example of each value, for messages. */
const EXAMPLES: Readonly<Record<RecordType, string>> = {
  A: '203.0.113.7',
  AAAA: '2001:db8::7',
  CAA: '0 issue "ca.example"',
  CNAME: 'www.site.example.',
  HTTPS: '1 . alpn=h2,h3',
  MX: '10 mail.site.example.',
  NAPTR: '100 10 "u" "E2U+sip" "!^.*$!sip:info@site.example!" .',
  NS: 'ns1.site.example.',
  PTR: 'www.site.example.',
  SRV: '0 5 5060 sip.site.example.',
  SSHFP: '4 2 and 64 hexadecimal digits',
  SVCB: '1 svc.site.example. port=8443',
  TLSA: '3 1 1 and 64 hexadecimal digits',
  TXT: '"v=spf1 mx -all"',
}

/**
 * Reads a record's value as it stands in a zone's file (RFC 1035 section 5.1), on one line. Names that don't end with a dot
 * are relative to `zone`. @throws RecordError
 */
export const readRecord = (type: RecordType, value: string, zone: string): RecordData => {
  if (type === 'TXT') return readText(value)
  try {
    const fields = new RecordFields(value)
    const data = READERS[type](fields, zone)
    fields.end()
    return data
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw new RecordError(`${error.message}; ${type} is written like ${EXAMPLES[type]}`, { cause: error })
  }
}
