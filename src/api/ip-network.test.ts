import { BlockList } from 'node:net'
import { expect, it } from 'vitest'
import { canonicalNetworks, formatAddress, parseAddress, parseNetwork } from './ip-network.ts'

it.each([
  ['10.0.0.0/8', 4, 0x0a000000n, 8],
  ['192.168.1.128/25', 4, 0xc0a80180n, 25],
  ['0.0.0.0/0', 4, 0n, 0],
  ['::/0', 6, 0n, 0],
  ['fd00::/8', 6, 0xfd00n << 112n, 8],
  ['2001:db8::ff00:0:0/96', 6, (0x20010db8n << 96n) + (0xff00n << 32n), 96],
  ['::ffff:192.0.2.0/120', 6, 0xffffc0000200n, 120],
  ['2001:db8:1:2:3:4:5:6/128', 6, 0x20010db8000100020003000400050006n, 128],
] as const)('%s is a network', (text, family, address, prefixLength) => {
  expect(parseNetwork(text)).toEqual({ family, address, prefixLength })
})

it.each([
  '10.0.0.1/8',
  '10.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '010.0.0.0/8',
  'fd00::1/64',
  'fd00::/129',
  'fe80::%eth0/64',
  'fd00:::/16',
  '1:2:3:4:5:6:7/16',
  'FD00::/8',
  'a/8',
  '',
])('%j is none', (text) => {
  expect(parseNetwork(text)).toBeUndefined()
})

it('agrees with Node.js on every network that a /13 has', () => {
  for (const text of ['172.16.0.0', '172.23.255.255', '172.24.0.0', '172.15.255.255']) {
    const blocks = new BlockList()
    blocks.addSubnet('172.16.0.0', 13)
    const inside = (parseAddress(text)?.address ?? 0n) >> 19n === (parseAddress('172.16.0.0')?.address ?? 0n) >> 19n
    expect([text, inside]).toEqual([text, blocks.check(text)])
  }
})

it.each([
  ['0.0.0.0', '0.0.0.0'],
  ['192.168.1.5', '192.168.1.5'],
  ['::', '::'],
  ['::1', '::1'],
  ['fd00:0:0:0::', 'fd00::'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['10:0:1:0:0:2:3:4', '10:0:1::2:3:4'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['2001:DB8::00A0', '2001:db8::a0'],
])('%s is written %s', (text, written) => {
  const parsed = parseAddress(text)
  expect(parsed && formatAddress(parsed)).toBe(written)
})

it('knows one way to write the same networks', () => {
  const networks = [
    'fd00:0::/16',
    '192.168.1.0/24',
    '10.0.0.0/8',
    '10.2.0.0/16',
    '10.0.0.0/8',
    'fd00:1::/32',
    '11.0.0.0/8',
  ]
  expect(canonicalNetworks(networks)).toEqual(['10.0.0.0/8', '11.0.0.0/8', '192.168.1.0/24', 'fd00::/16'])
  expect(() => canonicalNetworks(['10.0.0.1/8'])).toThrow(RangeError)
})
