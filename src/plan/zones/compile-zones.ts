import { isWithin, readOwner } from '../../api/records/names.ts'
import { readRecord } from '../../api/records/read-record.ts'
import { RecordError } from '../../api/records/record-error.ts'
import type { ResolvedZone } from '../resolved-account.ts'
import type { DnsSettings } from '../settings.ts'
import { hostRecords, nameServerRecords } from './automatic-records.ts'
import { type DesiredZone, desiredZone, type ZoneRecord } from './desired-zone.ts'

/** A zone that can't be served as it is written; what was served of it before goes on. */
export interface RefusedZone {
  readonly type: 'refused-zone'
  readonly name: string
  readonly message: string
}

const writtenRecords = ({ name: zone, records }: ResolvedZone, ttl: number): ZoneRecord[] =>
  records.map((record) => ({
    owner: readOwner(record.name, zone),
    ttl: record.ttl ?? ttl,
    data: readRecord(record.type, record.value, zone),
  }))

/** A name server whose address nobody can find is none. */
const checkNameServers = (names: readonly string[], zone: string, records: readonly ZoneRecord[]): void => {
  for (const name of names) {
    if (!isWithin(name, zone)) continue
    if (records.some(({ owner, data }) => owner === name && (data.type === 'A' || data.type === 'AAAA'))) continue
    throw new RecordError(
      `its name server ${name} has no address: add a record A, or give the Host spec.dns.addresses or spec.dns.nameServers`,
    )
  }
}

const compile = (zone: ResolvedZone, hosts: readonly string[], dns: DnsSettings): DesiredZone => {
  const { name } = zone
  const ttl = zone.ttl ?? dns.ttl
  const nameServers = dns.nameServers.length > 0 ? dns.nameServers : [`ns1.${name}`]
  const [primary = ''] = nameServers
  const written = { zone: name, ttl, records: writtenRecords(zone, ttl) }
  const records = [
    ...written.records,
    ...nameServerRecords(nameServers, written, dns),
    ...hosts.flatMap((host) => hostRecords(host, written, dns)),
  ]
  checkNameServers(nameServers, name, records)
  const hostmaster = dns.hostmaster === '' ? `hostmaster@${name}` : dns.hostmaster
  return desiredZone({ name, ttl, primary, hostmaster, signed: zone.dnssec ?? dns.dnssec, records })
}

/** The innermost zone that a host name lies in. */
const zoneOf = (host: string, zones: readonly ResolvedZone[]): string | undefined =>
  zones
    .map(({ name }) => name)
    .filter((name) => isWithin(host, name))
    .sort((a, b) => b.length - a.length)[0]

/** The zones as they are to be served, with the records that `hosts` get by themselves. Pure. */
export const compileZones = (
  zones: readonly ResolvedZone[],
  hosts: readonly string[],
  dns: DnsSettings,
): (DesiredZone | RefusedZone)[] => {
  if (zones.length === 0) return []
  const homes = hosts.map((host) => ({ host, zone: zoneOf(host, zones) }))
  return zones.map((zone) => {
    try {
      const within = homes.filter((home) => home.zone === zone.name).map(({ host }) => host)
      return compile(zone, within, dns)
    } catch (error) {
      if (!(error instanceof RecordError || error instanceof RangeError)) throw error
      return { type: 'refused-zone', name: zone.name, message: `${zone.name}: ${error.message}` }
    }
  })
}
