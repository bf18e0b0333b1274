import { describe, expect, test } from 'vitest'
import { settings } from '../../../test/fakes/accounts.ts'
import { nftAddress, nftInterfaces, nftName, nftNetwork, renderRules } from './firewall-rules.ts'

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

  test.each([
    ['10.97.0.0/24', 4],
    ['0.0.0.0/0', 4],
    ['255.255.255.252/30', 4],
    ['fd00:90::/64', 6],
    ['::/0', 6],
  ] as const)('takes the network %s', (network, family) => {
    expect(nftNetwork(network, family)).toBe(network)
  })

  test.each([
    ['10.97.0.0', 4],
    ['10.97.0.256/24', 4],
    ['10.97.0.0/33', 4],
    ['10.97.0/24', 4],
    ['10.97.0.0/24 drop', 4],
    ['fd00::/64', 4],
    ['10.97.0.0/24', 6],
    ['fd00::1/64', 6],
    ['fd00::/64 }', 6],
  ] as const)('refuses the network %j for IPv%i', (network, family) => {
    expect(() => nftNetwork(network, family)).toThrow(RangeError)
  })

  test.each(['fe80::1%eth0', '10.0.0.1/8', '10.0.0', 'a; drop'])('refuses the address %j', (address) => {
    expect(() => nftAddress(address, 4)).toThrow(RangeError)
    expect(() => nftAddress(address, 6)).toThrow(RangeError)
  })
})

describe('the rules', () => {
  const resolvers = ['127.0.0.53', '192.168.1.1', 'fd00:53::1', '::1']

  test('are as long for a thousand tenants as for one, and have the resolvers of other machines', () => {
    const rules = renderRules(settings, resolvers)
    expect(rules).toContain('ip daddr { 192.168.1.1 } meta l4proto')
    expect(rules).toContain('ip6 daddr { fd00:53::1 } meta l4proto')
    expect(rules).not.toContain('127.0.0.53')
  })

  test.each([
    ['fd00:90::/64', true],
    ['2001:db8:1::/64', false],
    ['', false],
  ])('with the IPv6 pool %j translate it: %j', (ipv6Pool, isTranslated) => {
    expect(renderRules({ ...settings, ipv6Pool }, []).includes('ip6 saddr fd00:90::/64 oifname')).toBe(isTranslated)
  })

  test('refuse settings that would say more than they should', () => {
    for (const changes of [{ ipv4Pool: '10.0.0.0/8 accept' }, { ipv6Pool: 'fd00::/8 }' }, { httpPort: 0 }])
      expect(() => renderRules({ ...settings, ...changes }, [])).toThrow(RangeError)
  })
})
