import { describe, expect, it } from 'vitest'
import { readRecord } from './read-record.ts'
import type { RecordData, RecordType } from './record-data.ts'
import { RecordError } from './record-error.ts'

const ZONE = 'site.example'
const SHA1 = 'a1'.repeat(20)
const SHA256 = 'b2'.repeat(32)

const TAKEN: readonly [type: RecordType, value: string, data: Omit<RecordData, 'type'>][] = [
  ['A', '203.0.113.7', { address: '203.0.113.7' }],
  ['AAAA', '2001:DB8:0:0::7', { address: '2001:db8::7' }],
  ['CNAME', 'www', { target: 'www.site.example' }],
  ['CNAME', 'Other.Example.', { target: 'other.example' }],
  ['CNAME', '@', { target: ZONE }],
  ['MX', '10 mail.other.example.', { preference: 10, target: 'mail.other.example' }],
  ['MX', '0 .', { preference: 0, target: '' }],
  ['NS', 'ns1.other.example.', { target: 'ns1.other.example' }],
  ['PTR', 'host.other.example.', { target: 'host.other.example' }],
  ['TXT', 'v=spf1 mx -all', { texts: ['v=spf1 mx -all'] }],
  ['TXT', '"v=spf1 mx -all"', { texts: ['v=spf1 mx -all'] }],
  ['TXT', '"one" "two; (three)"', { texts: ['one', 'two; (three)'] }],
  ['TXT', '"a \\"b\\" \\\\ c"', { texts: ['a "b" \\ c'] }],
  ['TXT', 'v=DKIM1; k=rsa; p=ABC', { texts: ['v=DKIM1; k=rsa; p=ABC'] }],
  ['TXT', 'grüße', { texts: ['grüße'] }],
  ['TXT', '$INCLUDE /etc/shadow', { texts: ['$INCLUDE /etc/shadow'] }],
  ['TXT', '""', { texts: [''] }],
  ['SRV', '0 5 5060 sip', { priority: 0, weight: 5, port: 5060, target: 'sip.site.example' }],
  ['SRV', '0 0 0 .', { priority: 0, weight: 0, port: 0, target: '' }],
  ['CAA', '0 issue "letsencrypt.org"', { flags: 0, tag: 'issue', value: 'letsencrypt.org' }],
  ['CAA', '128 issue letsencrypt.org', { flags: 128, tag: 'issue', value: 'letsencrypt.org' }],
  ['CAA', '0 issue ";"', { flags: 0, tag: 'issue', value: ';' }],
  ['SSHFP', `4 2 ${SHA256.toUpperCase()}`, { algorithm: 4, hash: 2, fingerprint: SHA256 }],
  ['SSHFP', `1 1 ${SHA1.slice(0, 20)} ${SHA1.slice(20)}`, { algorithm: 1, hash: 1, fingerprint: SHA1 }],
  ['TLSA', `3 1 1 ${SHA256}`, { usage: 3, selector: 1, matching: 1, association: SHA256 }],
  [
    'NAPTR',
    '100 10 "u" "E2U+sip" "!^.*$!sip:info@site.example!" .',
    {
      order: 100,
      preference: 10,
      flags: 'u',
      services: 'E2U+sip',
      regexp: '!^.*$!sip:info@site.example!',
      replacement: '',
    },
  ],
  ['SVCB', '0 other.example.', { priority: 0, target: 'other.example', parameters: [] }],
  [
    'HTTPS',
    '1 . port=443 alpn="h2,h3" ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1',
    {
      priority: 1,
      target: '',
      parameters: [
        { key: 'alpn', values: ['h2', 'h3'] },
        { key: 'port', port: 443 },
        { key: 'ipv4hint', values: ['192.0.2.1', '192.0.2.2'] },
        { key: 'ipv6hint', values: ['2001:db8::1'] },
      ],
    },
  ],
]

const LONG_LABEL = 'a'.repeat(64)
const LONG_NAME = `${'abcdefgh.'.repeat(28)}xy.`

const REFUSED: readonly [type: RecordType, value: string, why: RegExp][] = [
  ['A', '203.0.113.256', /no IPv4 address/],
  ['A', '203.0.113.7 203.0.113.8', /too much/],
  ['A', '203.0.113.7 ; comment', /semicolon/],
  ['A', '', /lacks its address/],
  ['AAAA', 'fe80::1%eth0', /no IPv6 address/],
  ['AAAA', '203.0.113.7', /no IPv6 address/],
  ['CNAME', 'www.site.example', /lacks its last dot: write "www.site.example.", or "www"/],
  ['CNAME', 'site.example', /lacks its last dot/],
  ['CNAME', LONG_LABEL, /at most 63/],
  ['CNAME', LONG_NAME, /at most 253/],
  ['CNAME', 'a..b', /no name/],
  ['CNAME', '*', /no name/],
  ['CNAME', 'a\\.b', /backslash/],
  ['CNAME', 'a\\046b', /backslash/],
  ['CNAME', 'a$b', /no name/],
  ['CNAME', '.', /no name/],
  ['CNAME', '$INCLUDE', /no name/],
  ['MX', '10', /lacks its name/],
  ['MX', '65536 mail', /number from 0 to 65535/],
  ['MX', '-1 mail', /number/],
  ['MX', '10 under_score', /no name of a host/],
  ['MX', '( 10 mail )', /parenthesis/],
  ['NS', '.', /no name/],
  ['TXT', '"open', /other half/],
  ['TXT', 'a "b" c', /quotes/],
  ['TXT', '"a" b', /outside its quotes/],
  ['TXT', '"a"b"', /other half|middle/],
  ['TXT', 'a\\', /quotes/],
  ['TXT', '"a\\"', /backslash|other half/],
  ['TXT', '"\\001"', /backslash/],
  ['TXT', 'x'.repeat(60_001), /too long/],
  ['SRV', '0 5 sip', /number/],
  ['SRV', '0 5 70000 sip', /number/],
  ['CAA', '256 issue "ca.example"', /number/],
  ['CAA', '0 is-sue "ca.example"', /tag/],
  ['CAA', '0 issue "cä.example"', /ASCII/],
  ['SSHFP', `4 3 ${SHA256}`, /no known type/],
  ['SSHFP', `4 2 ${SHA1}`, /64 are needed/],
  ['TLSA', `3 1 1 ${SHA1}`, /64 are needed/],
  ['TLSA', '3 1 0 abc', /even number/],
  ['TLSA', `4 1 1 ${SHA256}`, /number/],
  ['NAPTR', '100 10 "u" "E2U+sip" "x"', /lacks its replacement/],
  ['SVCB', '0 . port=1', /no parameters/],
  ['HTTPS', '1 . key65535=x', /must be one of/],
  ['HTTPS', '1 . alpn', /needs one value/],
  ['HTTPS', '1 . port=0', /port/],
  ['HTTPS', '1 . mandatory=port', /lacks it/],
  ['HTTPS', '1 . no-default-alpn', /without alpn/],
  ['HTTPS', '1 . port=1 port=2', /twice/],
]

const complaint = (type: RecordType, value: string): string => {
  try {
    readRecord(type, value, ZONE)
  } catch (error) {
    if (error instanceof RecordError) return error.message
    throw error
  }
  return ''
}

describe('readRecord', () => {
  it.each(TAKEN)('%s %j', (type, value, data) => {
    expect(readRecord(type, value, ZONE)).toEqual({ type, ...data })
  })

  it.each(REFUSED)('refuses %s %j', (type, value, why) => expect(complaint(type, value)).toMatch(why))

  it('shows how such a record is written', () => {
    expect(complaint('MX', 'mail')).toContain('MX is written like 10 mail.site.example.')
  })
})
