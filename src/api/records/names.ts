import { quoted } from '../problem.ts'
import { RecordError } from './record-error.ts'

// RFC 1035 section 2.3.4: labels of at most 63, names of at most 253 characters. Underscores: RFC 8552.
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const MAX_NAME = 253

const checkName = (name: string, written: string): string => {
  if (name.length > MAX_NAME) {
    throw new RecordError(
      `is too long: ${quoted(written)} makes ${name.length} characters, at most ${MAX_NAME} will do`,
    )
  }
  const bad = name.split('.').find((label) => !LABEL.test(label))
  if (bad === undefined) return name
  const rule = 'letters, digits, hyphens and underscores, at most 63 between two dots'
  throw new RecordError(`${quoted(written)} is no name: use ${rule}`)
}

/** Such a name, read as it stands in a zone's file, means something else than its writer did. */
const refuseForgottenDot = (name: string, zone: string): void => {
  if (name !== zone && !name.endsWith(`.${zone}`)) return
  const short = name === zone ? '@' : name.slice(0, -zone.length - 1)
  throw new RecordError(`${quoted(name)} lacks its last dot: write ${quoted(`${name}.`)}, or ${quoted(short)}`)
}

const absolute = (written: string, zone: string): string => {
  const name = written.toLowerCase()
  if (name === '@') return zone
  if (name.endsWith('.')) return name.slice(0, -1)
  refuseForgottenDot(name, zone)
  return `${name}.${zone}`
}

/** A name inside a record's value: relative to the zone unless it ends with a dot. @throws RecordError */
export const readTarget = (written: string, zone: string): string => checkName(absolute(written, zone), written)

/** The same, where `.` stands for "none" (RFC 2782, RFC 7505) or "this name" (RFC 9460). @throws RecordError */
export const readTargetOrRoot = (written: string, zone: string): string =>
  written === '.' ? '' : readTarget(written, zone)

/** The name that a record stands at. @throws RecordError */
export const readOwner = (written: string, zone: string): string => {
  const name = absolute(written, zone)
  checkName(name.startsWith('*.') ? name.slice(2) : name, written)
  if (name.length > MAX_NAME) throw new RecordError(`${quoted(written)} makes a name of more than 253 characters`)
  if (!isWithin(name, zone)) throw new RecordError(`${quoted(written)} is not within the zone ${zone}`)
  return name
}

export const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`)

/** RFC 952 and RFC 1123: what may have an address or take mail. */
export const isHostName = (name: string): boolean => name.split('.').every((label) => HOST_LABEL.test(label))

/** @throws RecordError when mail or connections can't be sent there. */
export const readHost = (written: string, zone: string): string => {
  const name = readTarget(written, zone)
  if (isHostName(name)) return name
  throw new RecordError(`${quoted(written)} is no name of a host: use letters, digits and hyphens`)
}

/** The same, where `.` stands for "none". @throws RecordError */
export const readHostOrRoot = (written: string, zone: string): string =>
  written === '.' ? '' : readHost(written, zone)
