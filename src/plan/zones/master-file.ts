import { Buffer } from 'node:buffer'
import type { RecordData, ServiceParameter } from '../../api/records/record-data.ts'

/** RFC 1035 section 3.3: a character-string has one byte for its length. */
const STRING_BYTES = 255

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/
const ADDRESS = /^[0-9a-f.:]+$/
const HEXADECIMAL = /^([0-9a-f]{2})+$/
const WORD = /^[A-Za-z0-9+/=._-]+$/

const plain = (text: string, pattern: RegExp): string => {
  if (pattern.test(text)) return text
  throw new RangeError(`${JSON.stringify(text.slice(0, 100))} can't stand in a zone's file`)
}

const number = (value: number, max = 65_535): string => {
  if (Number.isInteger(value) && value >= 0 && value <= max) return String(value)
  throw new RangeError(`${value} can't stand in a zone's file`)
}

/** A name, absolute. `''` is the root. @throws RangeError for what is no name */
export const writeName = (name: string): string => {
  if (name === '') return '.'
  const [first = '', ...rest] = name.split('.')
  const labels = [...(first === '*' && rest.length > 0 ? [] : [first]), ...rest]
  for (const label of labels) plain(label, LABEL)
  return `${name}.`
}

/** The mailbox of an SOA record, RFC 1035 section 8: dots before the `@` are no ends of labels. */
export const writeMailbox = (address: string): string => {
  const [local = '', domain = '', ...more] = address.split('@')
  if (more.length > 0 || domain === '') throw new RangeError(`${JSON.stringify(address)} is no mail address`)
  return `${plain(local, /^[A-Za-z0-9._+-]{1,63}$/).replaceAll('.', '\\.')}.${writeName(domain)}`
}

const writeByte = (byte: number): string => {
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte)
  return `\\${String(byte).padStart(3, '0')}`
}

/** A character-string, in quotes, every byte that means something escaped: RFC 1035 section 5.1. */
const writeString = (bytes: Uint8Array): string => {
  if (bytes.length > STRING_BYTES)
    throw new RangeError(`a string of ${bytes.length} bytes can't stand in a zone's file`)
  return `"${Array.from(bytes, writeByte).join('')}"`
}

const writeText = (text: string): string => writeString(Buffer.from(text, 'utf8'))

/** A text of any length, as strings of at most 255 bytes. */
const writeLongText = (text: string): string => {
  const bytes = Buffer.from(text, 'utf8')
  const count = Math.max(1, Math.ceil(bytes.length / STRING_BYTES))
  return Array.from({ length: count }, (_, index) =>
    writeString(bytes.subarray(index * STRING_BYTES, (index + 1) * STRING_BYTES)),
  ).join(' ')
}

const writeParameter = (parameter: ServiceParameter): string => {
  switch (parameter.key) {
    case 'no-default-alpn':
      return parameter.key
    case 'port':
      return `port=${number(parameter.port)}`
    case 'ech':
      return `ech=${plain(parameter.config, WORD)}`
    case 'ipv4hint':
    case 'ipv6hint':
      return `${parameter.key}=${parameter.values.map((value) => plain(value, ADDRESS)).join(',')}`
    case 'mandatory':
    case 'alpn':
      return `${parameter.key}=${parameter.values.map((value) => plain(value, WORD)).join(',')}`
  }
}

/** A record's value as one line. @throws RangeError for data that no reader gave */
export const writeData = (data: RecordData): string => {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return plain(data.address, ADDRESS)
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return writeName(data.target)
    case 'MX':
      return `${number(data.preference)} ${writeName(data.target)}`
    case 'TXT':
      return data.texts.map(writeLongText).join(' ')
    case 'SRV':
      return `${number(data.priority)} ${number(data.weight)} ${number(data.port)} ${writeName(data.target)}`
    case 'CAA':
      return `${number(data.flags, 255)} ${plain(data.tag, /^[a-z0-9]+$/)} ${writeWhole(data.value)}`
    case 'SSHFP':
      return `${number(data.algorithm, 255)} ${number(data.hash, 255)} ${plain(data.fingerprint, HEXADECIMAL)}`
    case 'TLSA': {
      const { usage, selector, matching, association } = data
      return `${number(usage, 255)} ${number(selector, 255)} ${number(matching, 255)} ${plain(association, HEXADECIMAL)}`
    }
    case 'NAPTR': {
      const { order, preference, flags, services, regexp, replacement } = data
      const texts = [flags, services, regexp].map(writeText).join(' ')
      return `${number(order)} ${number(preference)} ${texts} ${writeName(replacement)}`
    }
    case 'SVCB':
    case 'HTTPS':
      return [number(data.priority), writeName(data.target), ...data.parameters.map(writeParameter)].join(' ')
  }
}

/** RFC 8659 section 4.1.1: the value of CAA has no length of its own, and so stays in one piece. */
const writeWhole = (text: string): string => `"${Array.from(Buffer.from(text, 'utf8'), writeByte).join('')}"`
