import type { RecordData } from '../../api/records/record-data.ts'
import { sha256 } from '../digest.ts'
import { writeData, writeMailbox, writeName } from './master-file.ts'

/** A record, its names absolute. */
export interface ZoneRecord {
  readonly owner: string
  /** Seconds. */
  readonly ttl: number
  readonly data: RecordData
}

/** A zone as it is served, but for its serial. */
export interface DesiredZone {
  readonly type: 'zone'
  readonly name: string
  /** Seconds, of the SOA record. */
  readonly ttl: number
  /** As the SOA record has them. */
  readonly primary: string
  readonly mailbox: string
  readonly signed: boolean
  /** One record a line, in an order of their own. */
  readonly lines: readonly string[]
  /** Of all that a client can see, and of nothing else. */
  readonly digest: string
}

export interface ZoneParts {
  readonly name: string
  readonly ttl: number
  /** Name of the first name server. */
  readonly primary: string
  /** Mail address. */
  readonly hostmaster: string
  readonly signed: boolean
  readonly records: readonly ZoneRecord[]
}

const writeRecord = ({ owner, ttl, data }: ZoneRecord): string =>
  `${writeName(owner)} ${ttl} IN ${data.type} ${writeData(data)}`

/** @throws RangeError for a value that can't stand in a zone's file */
export const desiredZone = ({ name, ttl, primary, hostmaster, signed, records }: ZoneParts): DesiredZone => {
  const zone = {
    name,
    ttl,
    primary: writeName(primary),
    mailbox: writeMailbox(hostmaster),
    signed,
    lines: [...new Set(records.map(writeRecord))].sort(),
  }
  return { type: 'zone', ...zone, digest: sha256(JSON.stringify(zone)) }
}

/** Seconds: how often secondaries ask, ask again, and until when they answer by themselves (RIPE-203, RFC 2308). */
const TIMERS = { refresh: 7_200, retry: 900, expire: 1_209_600, negative: 300 }

/** The whole file of a zone: RFC 1035 section 5. */
export const zoneFile = ({ name, ttl, primary, mailbox, lines }: DesiredZone, serial: number): string => {
  const { refresh, retry, expire, negative } = TIMERS
  const soa = `${writeName(name)} ${ttl} IN SOA ${primary} ${mailbox} ${serial} ${refresh} ${retry} ${expire} ${negative}`
  return `${[soa, ...lines].join('\n')}\n`
}
