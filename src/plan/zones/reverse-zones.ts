import { isWithin } from '../../api/records/names.ts'
import { reverseName, reverseZone } from '../../api/reverse-network.ts'
import type { ResolvedZone } from '../resolved-account.ts'
import type { DnsSettings } from '../settings.ts'
import { compileZones, type RefusedZone } from './compile-zones.ts'
import type { DesiredZone } from './desired-zone.ts'

/** Names of the zones that lead back from the host's networks. */
export const reverseZoneNames = ({ reverse }: DnsSettings): string[] =>
  reverse.flatMap((network) => reverseZone(network) ?? [])

/** These zones, with a record for each of the host's own addresses in them. Pure. */
export const reverseZones = (dns: DnsSettings): (DesiredZone | RefusedZone)[] => {
  const [firstServer = ''] = dns.nameServers
  const hostName = dns.hostName === '' ? firstServer : dns.hostName
  const names = hostName === '' ? [] : dns.addresses.map(reverseName)
  const zones = reverseZoneNames(dns).map(
    (name): ResolvedZone => ({
      name,
      records: names
        .filter((pointer) => isWithin(pointer, name))
        .map((pointer) => ({ name: `${pointer}.`, type: 'PTR', value: `${hostName}.` })),
    }),
  )
  return compileZones(zones, [], dns)
}
