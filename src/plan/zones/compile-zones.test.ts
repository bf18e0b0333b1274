import { describe, expect, it } from 'vitest'
import { dnsSettings } from '../../../test/fixtures/dns-settings.ts'
import type { ResolvedZone } from '../resolved-account.ts'
import { compileZones } from './compile-zones.ts'
import { zoneFile } from './desired-zone.ts'
import { reverseZones } from './reverse-zones.ts'

const dns = dnsSettings({ addresses: ['203.0.113.7', '2001:db8::7'] })

const zone = (changes: Partial<ResolvedZone> = {}): ResolvedZone => ({ name: 'site.example', records: [], ...changes })

const linesOf = (zones: readonly ResolvedZone[], hosts: readonly string[], settings = dns): string[][] =>
  compileZones(zones, hosts, settings).map((compiled) =>
    compiled.type === 'zone' ? [...compiled.lines] : [compiled.message],
  )

describe('compileZones', () => {
  it('makes a file of records and hosts', () => {
    const records = [{ name: '@', type: 'MX', value: '10 mail.other.example.', ttl: 60 }] as const
    const [compiled] = compileZones([zone({ records })], ['site.example', 'www.site.example'], dns)
    if (compiled?.type !== 'zone') throw new Error(compiled?.message)
    expect(zoneFile(compiled, 2_026_010_100)).toBe(
      [
        'site.example. 3600 IN SOA ns1.site.example. hostmaster.site.example. 2026010100 7200 900 1209600 300',
        'ns1.site.example. 3600 IN A 203.0.113.7',
        'ns1.site.example. 3600 IN AAAA 2001:db8::7',
        'site.example. 3600 IN A 203.0.113.7',
        'site.example. 3600 IN AAAA 2001:db8::7',
        'site.example. 3600 IN CAA 0 issue "letsencrypt.org"',
        'site.example. 3600 IN NS ns1.site.example.',
        'site.example. 60 IN MX 10 mail.other.example.',
        'www.site.example. 3600 IN A 203.0.113.7',
        'www.site.example. 3600 IN AAAA 2001:db8::7',
        'www.site.example. 3600 IN CAA 0 issue "letsencrypt.org"',
        '',
      ].join('\n'),
    )
  })

  it('lets the spec have its say about a host', () => {
    const records = [
      { name: 'a', type: 'A', value: '198.51.100.1' },
      { name: 'b', type: 'CNAME', value: 'other.example.' },
      { name: 'c', type: 'CAA', value: '0 issue "ca.example"' },
      { name: 'd', type: 'NS', value: 'ns.other.example.' },
    ] as const
    const hosts = ['a', 'b', 'c', 'x.d'].map((name) => `${name}.site.example`)
    const [lines = []] = linesOf([zone({ records })], hosts)
    const about = (name: string) => lines.filter((line) => line.startsWith(`${name}.site.example.`))
    expect(about('a')).toEqual([
      'a.site.example. 3600 IN A 198.51.100.1',
      'a.site.example. 3600 IN CAA 0 issue "letsencrypt.org"',
    ])
    expect(about('b')).toEqual(['b.site.example. 3600 IN CNAME other.example.'])
    expect(about('c').filter((line) => line.includes('CAA'))).toEqual([
      'c.site.example. 3600 IN CAA 0 issue "ca.example"',
    ])
    expect(about('x.d')).toEqual([])
  })

  it('puts a host into the innermost zone, and into no other', () => {
    const [outer = [], inner = []] = linesOf(
      [zone(), zone({ name: 'sub.site.example' })],
      ['x.sub.site.example', 'elsewhere.example', 'notsite.example'],
    )
    expect(outer.some((line) => line.startsWith('x.'))).toBe(false)
    expect(inner.filter((line) => line.startsWith('x.'))).toHaveLength(3)
    expect([...outer, ...inner].join()).not.toMatch(/elsewhere|notsite/)
  })

  it('has the digest of what a client sees, in whatever order it was written', () => {
    const [one, two] = [
      { name: 'a', type: 'A', value: '198.51.100.1' },
      { name: 'b', type: 'A', value: '198.51.100.2' },
    ] as const
    const digests = [[one, two], [two, one], [one]].map((records) => {
      const [compiled] = compileZones([zone({ records })], [], dns)
      return compiled?.type === 'zone' ? compiled.digest : ''
    })
    expect(digests[0]).toBe(digests[1])
    expect(digests[0]).not.toBe(digests[2])
  })

  it('refuses a zone whose name server nobody can find, and no other', () => {
    const settings = dnsSettings()
    const records = [{ name: 'ns1', type: 'A', value: '198.51.100.1' }] as const
    const [first, second] = compileZones([zone(), zone({ name: 'b.example', records })], [], settings)
    expect(first).toMatchObject({ type: 'refused-zone', name: 'site.example' })
    expect(second?.type).toBe('zone')
  })

  it('refuses a record that got past all checks', () => {
    const [compiled] = compileZones(
      [zone({ records: [{ name: 'a', type: 'A', value: '$INCLUDE /etc/shadow' }] })],
      [],
      dns,
    )
    expect(compiled).toMatchObject({ type: 'refused-zone', name: 'site.example' })
  })
})

describe('reverseZones', () => {
  it("leads back from the host's own addresses", () => {
    const settings = dnsSettings({
      addresses: ['203.0.113.7', '198.51.100.1', '2001:db8::7'],
      nameServers: ['ns1.provider.example', 'ns2.provider.example'],
      reverse: ['203.0.113.0/24', '2001:db8::/32'],
      hostName: 'web1.provider.example',
    })
    const [v4, v6] = reverseZones(settings)
    if (v4?.type !== 'zone' || v6?.type !== 'zone') throw new Error('refused')
    expect([v4.name, v6.name]).toEqual(['113.0.203.in-addr.arpa', '8.b.d.0.1.0.0.2.ip6.arpa'])
    expect(v4.lines).toContain('7.113.0.203.in-addr.arpa. 3600 IN PTR web1.provider.example.')
    expect(v4.lines).toHaveLength(3)
    expect(v6.lines.filter((line) => line.includes(' PTR '))).toEqual([
      `7.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa. 3600 IN PTR web1.provider.example.`,
    ])
  })
})
