import { describe, expect, test } from 'vitest'
import { nftInterfaces, nftName, nftNetwork } from './firewall-rules.ts'

describe('the writer of packet rules', () => {
  test.each(['palisade', 'pltest-c', 'A_1'])('takes the table name %s', (name) => {
    expect(nftName(name)).toBe(name)
  })

  test.each(['', '1a', 'a b', 'a;b', 'a{', 'a\nb', 'x'.repeat(40)])('refuses the table name %j', (name) => {
    expect(() => nftName(name)).toThrow(RangeError)
  })

  test('quotes the prefix of interfaces', () => {
    expect(nftInterfaces('pal')).toBe('"pal*"')
  })

  test.each(['', 'pal*', 'a"b', 'PAL', 'toolongprefix'])('refuses the prefix %j', (prefix) => {
    expect(() => nftInterfaces(prefix)).toThrow(RangeError)
  })

  test.each(['10.97.0.0/24', '0.0.0.0/0', '255.255.255.252/30'])('takes the network %s', (network) => {
    expect(nftNetwork(network)).toBe(network)
  })

  test.each(['10.97.0.0', '10.97.0.256/24', '10.97.0.0/33', '10.97.0/24', '10.97.0.0/24 drop', 'fd00::/64'])(
    'refuses the network %j',
    (network) => {
      expect(() => nftNetwork(network)).toThrow(RangeError)
    },
  )
})
