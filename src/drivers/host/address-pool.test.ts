import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type NetworkInterfaceInfo, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkPool, readHostNetworks } from './address-pool.ts'

const settings = {
  ipv4Pool: '10.90.0.0/16',
  ipv6Pool: 'fd00:90::/64',
  interfacePrefix: 'pal',
  uidBase: 1_073_000_000,
  subIdBase: 1_073_741_824,
}

const bears = (name: string, address: string, ipv6 = 'fd00::1'): Record<string, NetworkInterfaceInfo[]> => ({
  [name]: [
    { address, netmask: '255.255.255.0', family: 'IPv4', mac: '00:00:00:00:00:00', internal: false, cidr: null },
    { address: ipv6, netmask: 'ffff::', family: 'IPv6', mac: '', internal: false, cidr: null, scopeid: 0 },
  ],
})

const HEADER = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
const route = (name: string, destination: string, mask: string): string =>
  `${name}\t${destination}\t00000000\t0001\t0\t0\t0\t${mask}\t0\t0\t0\n`

const check = (interfaces: Record<string, NetworkInterfaceInfo[]>, ...routes: readonly string[]) => {
  const procRoot = mkdtempSync(join(tmpdir(), 'palisade-pool-'))
  try {
    mkdirSync(join(procRoot, 'net'))
    writeFileSync(join(procRoot, 'net/route'), HEADER + routes.join(''))
    return checkPool(settings, readHostNetworks(procRoot, interfaces))
  } finally {
    rmSync(procRoot, { recursive: true })
  }
}

test.each([
  ['a host elsewhere', bears('eth0', '192.0.2.7'), route('eth0', '000200C0', '00FFFFFF')],
  ['a default route', {}, route('eth0', '00000000', '00000000')],
  ['the NICs of tenants', bears('pal5', '10.90.0.21', 'fd00:90::15'), route('pal5', '14005A0A', 'FCFFFFFF')],
  ['the network beside it', bears('eth0', '10.91.0.1'), route('eth0', '00005B0A', '0000FFFF')],
])('is free beside %s', (_what, interfaces, ...routes) => {
  expect(check(interfaces, ...routes)).toBe('free')
})

test.each([
  ['an address in it', bears('eth0', '10.90.3.4'), '', '10.90.3.4/32 of the interface eth0'],
  ['a route into it', {}, route('eth1', '00035A0A', '00FFFFFF'), '10.90.3.0/24 of the interface eth1'],
  ['a route around it', {}, route('wg0', '0000000A', '000000FF'), '10.0.0.0/8 of the interface wg0'],
  ['an IPv6 address in it', bears('eth0', '192.0.2.7', 'fd00:90::7'), '', 'fd00:90::7/128 of the interface eth0'],
  ['an interface with the name of a NIC', bears('pal5', '10.90.3.4'), '', '10.90.3.4/32 of the interface pal5'],
  ['an interface with a name like one', bears('palace', '10.90.0.21'), '', '10.90.0.21/32 of the interface palace'],
])('overlaps %s', (_what, interfaces, routes, told) => {
  const pool = check(interfaces, routes)
  expect(pool).toMatchObject({ reason: 'PoolOverlaps', message: expect.stringContaining(told) })
})
