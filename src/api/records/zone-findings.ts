import type { FieldPath, Finding } from '../problem.ts'
import { isHostName, isWithin, readOwner } from './names.ts'
import { readRecord } from './read-record.ts'
import type { RecordData, RecordType } from './record-data.ts'
import { RecordError } from './record-error.ts'

/** A record as it stands in a spec. */
export interface WrittenRecord {
  readonly name: string
  readonly type: RecordType
  readonly value: string
  /** Seconds. */
  readonly ttl?: number
}

/** A zone as it stands in a spec. */
export interface WrittenZone {
  readonly name: string
  readonly records: readonly WrittenRecord[]
}

/** A record that could be read, and where it stands. */
interface ReadRecord {
  readonly owner: string
  readonly data: RecordData
  readonly ttl: number | undefined
  readonly path: FieldPath
}

interface Reading {
  readonly records: readonly ReadRecord[]
  readonly findings: readonly Finding[]
}

const invalid = (path: FieldPath, message: string): Finding => ({ path, reason: 'InvalidRecord', message })

/** Runs a reader; what it complains of is about the field `path`. */
const attempt = <T>(path: FieldPath, read: () => T): { readonly value: T } | { readonly finding: Finding } => {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof RecordError) return { finding: invalid(path, error.message) }
    throw error
  }
}

const readZone = ({ name: zone, records }: WrittenZone, path: FieldPath): Reading => {
  const read: ReadRecord[] = []
  const findings: Finding[] = []
  for (const [index, { name, type, value, ttl }] of records.entries()) {
    const place = [...path, 'records', index]
    const owner = attempt([...place, 'name'], () => readOwner(name, zone))
    const data = attempt([...place, 'value'], () => readRecord(type, value, zone))
    if ('finding' in owner) findings.push(owner.finding)
    if ('finding' in data) findings.push(data.finding)
    if ('value' in owner && 'value' in data) {
      read.push({ owner: owner.value, data: data.value, ttl, path: place })
    }
  }
  return { records: read, findings }
}

/** BIND refuses others: RFC 1123 section 2.1, RFC 7505. */
const AT_HOSTS: readonly RecordType[] = ['A', 'AAAA', 'MX']

const ownerFindings = (records: readonly ReadRecord[]): Finding[] =>
  records
    .filter(({ owner, data }) => AT_HOSTS.includes(data.type) && !isHostName(owner.replace(/^\*\./, '')))
    .map(({ data, path }) => invalid([...path, 'name'], `has an underscore, which the name of ${data.type} can't have`))

const duplicates = (records: readonly ReadRecord[]): Finding[] => {
  const seen = new Set<string>()
  return records.flatMap(({ owner, data, path }) => {
    const key = JSON.stringify([owner, data])
    if (seen.has(key)) return [invalid(path, 'stands twice: remove one')]
    seen.add(key)
    return []
  })
}

/** RFC 2181 section 5.2: one answer has one time to live. */
const lifetimes = (records: readonly ReadRecord[]): Finding[] => {
  const first = new Map<string, number | undefined>()
  return records.flatMap(({ owner, data, ttl, path }) => {
    const key = `${owner} ${data.type}`
    const known = first.has(key) ? first.get(key) : ttl
    first.set(key, known)
    if (known === ttl) return []
    return [invalid([...path, 'ttl'], `must be the same for all records ${data.type} of ${owner}`)]
  })
}

/** RFC 1034 section 3.6.2: beside an alias stands nothing. */
const aliases = (records: readonly ReadRecord[], zone: string): Finding[] =>
  records
    .filter(({ data }) => data.type === 'CNAME')
    .flatMap(({ owner, path }) => {
      if (owner === zone) {
        return [invalid([...path, 'type'], 'stands at the zone itself, which has other records: use A and AAAA')]
      }
      const others = records.filter((other) => other.owner === owner && other.path !== path)
      return others.length === 0 ? [] : [invalid([...path, 'type'], `stands beside other records of ${owner}`)]
    })

/** RFC 2181 section 10.3: mail and name servers are asked for at once, not by way of an alias. */
const aliasTargets = (records: readonly ReadRecord[]): Finding[] => {
  const alias = new Set(records.filter(({ data }) => data.type === 'CNAME').map(({ owner }) => owner))
  return records.flatMap(({ data, path }) => {
    if (data.type !== 'MX' && data.type !== 'NS' && data.type !== 'SRV') return []
    if (!alias.has(data.target)) return []
    return [invalid([...path, 'value'], `leads to ${data.target}, which is an alias (CNAME): name what it leads to`)]
  })
}

/** What lies below a delegation is another server's; only the addresses of that server may stand here. */
const delegations = (records: readonly ReadRecord[], zone: string): Finding[] => {
  const cuts = [...new Set(records.filter(({ data }) => data.type === 'NS').map(({ owner }) => owner))]
  return records.flatMap(({ owner, data, path }) => {
    if (data.type === 'NS') {
      if (owner !== zone) return []
      return [invalid(path, "is the zone's own name server: those are given by the Host, in spec.dns.nameServers")]
    }
    const cut = cuts.find((name) => name !== zone && isWithin(owner, name))
    if (cut === undefined || data.type === 'A' || data.type === 'AAAA') return []
    return [invalid(path, `lies within ${cut}, which NS records give to another server`)]
  })
}

/** What is wrong with the records of a zone, each by itself and all together. */
export const zoneFindings = (zone: WrittenZone, path: FieldPath): Finding[] => {
  const { records, findings } = readZone(zone, path)
  return [
    ...findings,
    ...ownerFindings(records),
    ...duplicates(records),
    ...lifetimes(records),
    ...aliases(records, zone.name),
    ...aliasTargets(records),
    ...delegations(records, zone.name),
  ]
}
