import { BlockList } from 'node:net'
import { expect, it } from 'vitest'
import { parseAddress, parseNetwork } from './ip-network.ts'

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
