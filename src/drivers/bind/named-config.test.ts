import { describe, expect, it } from 'vitest'
import { dnsSettings } from '../../../test/fixtures/dns-settings.ts'
import { testSettings } from '../../../test/fixtures/host-settings.ts'
import { renderNamedConfig, zoneClause } from './named-config.ts'
import { namedUnit } from './named-unit.ts'

const SECONDARY = { address: '198.51.100.53', port: 53, key: 'ns2', keyFile: '' }

describe('renderNamedConfig', () => {
  it('answers everybody for its zones, and for nothing else', () => {
    const config = renderNamedConfig(testSettings('/srv'))
    for (const line of ['recursion no;', 'allow-transfer { none; };', 'allow-update { none; };', 'version none;']) {
      expect(config).toContain(line)
    }
    expect(config).not.toContain('also-notify')
    expect(config).not.toContain('catalog')
  })

  it("listens on every address but the host's ends of NICs, or on those that it is given", () => {
    expect(renderNamedConfig(testSettings('/srv'))).toContain('listen-on port 53 { !10.90.0.0/16; any; };')
    const config = renderNamedConfig(testSettings('/srv', { dns: dnsSettings({ listen: ['203.0.113.7'] }) }))
    expect(config).toContain('listen-on port 53 { 203.0.113.7; };')
    expect(config).toContain('listen-on-v6 port 53 { none; };')
  })

  it('lets secondaries copy by their keys alone', () => {
    const config = renderNamedConfig(testSettings('/srv', { dns: dnsSettings({ secondaries: [SECONDARY] }) }))
    expect(config).toContain('allow-transfer { key "ns2"; };')
    expect(config).toContain('also-notify { 198.51.100.53 port 53 key "ns2"; };')
    expect(config).toContain('allow-query { localhost; key "ns2"; };')
  })

  it.each(['/srv/a"b', '/srv/a;b', '/srv/a b', '/srv/a\nb', '/srv/a{b', '/srv/a\\b', '/srv/#a'])(
    'refuses the path %j, which named would read otherwise',
    (path) => {
      expect(() => renderNamedConfig(testSettings(path))).toThrow(expect.objectContaining({ reason: 'InvalidHost' }))
      expect(() => zoneClause(testSettings(path), 'a.example', 'never')).toThrow()
      expect(() => namedUnit(testSettings(path))).toThrow()
    },
  )

  it.each([
    { address: '198.51.100.53; };' },
    { address: 'fe80::1%eth0' },
    { address: 'ns2.example' },
    { key: 'a"b' },
    { port: 0 },
    { port: 65_536 },
  ])('refuses the secondary %j', (changes) => {
    const dns = dnsSettings({ secondaries: [{ ...SECONDARY, ...changes }] })
    expect(() => renderNamedConfig(testSettings('/srv', { dns }))).toThrow(
      expect.objectContaining({ reason: 'InvalidHost' }),
    )
  })
})

describe('zoneClause', () => {
  const settings = testSettings('/srv')

  it('signs what is to be signed, with the keys in the directory of the zone', () => {
    expect(zoneClause(settings, 'a.example', 'never')).toBe(
      '{ type primary; file "/srv/state/dns/zones/a.example/zone.db"; };',
    )
    expect(zoneClause(settings, 'a.example', 'signed')).toContain(
      'dnssec-policy "palisade"; inline-signing yes; key-directory "/srv/state/dns/zones/a.example";',
    )
    expect(zoneClause(settings, 'a.example', 'ended')).toContain('dnssec-policy "insecure";')
  })

  it.each(['a"; };', 'a b', 'a;b', 'a{b'])('refuses the zone %j', (zone) => {
    expect(() => zoneClause(settings, zone, 'never')).toThrow(expect.objectContaining({ reason: 'InvalidHost' }))
  })
})
