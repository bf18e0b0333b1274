import { isWithin } from '../../api/records/names.ts'
import type { RecordType } from '../../api/records/record-data.ts'
import type { DnsSettings } from '../settings.ts'
import type { ZoneRecord } from './desired-zone.ts'

/** What of a zone was written by somebody. */
interface Written {
  readonly zone: string
  readonly ttl: number
  readonly records: readonly ZoneRecord[]
}

const says = ({ records }: Written, owner: string, types: readonly RecordType[]): boolean =>
  records.some((record) => record.owner === owner && types.includes(record.data.type))

/** Whether another server answers for the name. */
const isDelegated = ({ records, zone }: Written, name: string): boolean =>
  records.some(({ owner, data }) => data.type === 'NS' && owner !== zone && isWithin(name, owner))

const addressesAt = (owner: string, ttl: number, { addresses }: DnsSettings): ZoneRecord[] =>
  addresses.map((address) => ({ owner, ttl, data: { type: address.includes(':') ? 'AAAA' : 'A', address } }))

const authoritiesAt = (owner: string, ttl: number, { certificateAuthorities }: DnsSettings): ZoneRecord[] =>
  certificateAuthorities.map((value) => ({ owner, ttl, data: { type: 'CAA', flags: 0, tag: 'issue', value } }))

/** Addresses and CAA of one host name, where nothing was written about them. */
export const hostRecords = (host: string, written: Written, dns: DnsSettings): ZoneRecord[] => {
  if (isDelegated(written, host) || says(written, host, ['CNAME'])) return []
  return [
    ...(says(written, host, ['A', 'AAAA']) ? [] : addressesAt(host, written.ttl, dns)),
    ...(says(written, host, ['CAA']) ? [] : authoritiesAt(host, written.ttl, dns)),
  ]
}

/** The zone's own name servers, and the address of the first, when it lies in the zone and nothing was written about it. */
export const nameServerRecords = (names: readonly string[], written: Written, dns: DnsSettings): ZoneRecord[] => {
  const { zone, ttl } = written
  const [first] = names
  const needsAddress = first !== undefined && isWithin(first, zone) && !says(written, first, ['A', 'AAAA', 'CNAME'])
  return [
    ...names.map((target): ZoneRecord => ({ owner: zone, ttl, data: { type: 'NS', target } })),
    ...(needsAddress ? addressesAt(first, ttl, dns) : []),
  ]
}
