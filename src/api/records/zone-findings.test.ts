import { describe, expect, it } from 'vitest'
import { formatPath } from '../problem.ts'
import { type WrittenRecord, zoneFindings } from './zone-findings.ts'

const findings = (records: readonly WrittenRecord[]): string[] =>
  zoneFindings({ name: 'site.example', records }, ['zones', 0]).map(
    ({ path, message }) => `${formatPath(path)}: ${message}`,
  )

const www: WrittenRecord = { name: 'www', type: 'A', value: '203.0.113.7' }

const WRONG: readonly [what: string, records: readonly WrittenRecord[], finding: RegExp][] = [
  ['a value', [{ ...www, value: 'x' }], /^zones\[0\]\.records\[0\]\.value: .*no IPv4 address/],
  ['a name of another zone', [{ ...www, name: 'www.other.example.' }], /records\[0\]\.name: .*not within the zone/],
  ['a name without its last dot', [{ ...www, name: 'www.site.example' }], /lacks its last dot/],
  ['a name that gets too long', [{ ...www, name: `${'abcdefgh.'.repeat(27)}x` }], /too long/],
  ['a star in the middle', [{ ...www, name: 'a.*.b' }], /no name/],
  ['an underscore in the name of a host', [{ ...www, name: '_www' }], /underscore/],
  ['a record twice', [www, { ...www, name: 'www.site.example.' }], /stands twice/],
  [
    'two lifetimes',
    [
      { ...www, ttl: 60 },
      { ...www, value: '203.0.113.8', ttl: 61 },
    ],
    /records\[1\]\.ttl: must be the same/,
  ],
  [
    'an alias at the zone',
    [{ name: '@', type: 'CNAME', value: 'other.example.' }],
    /records\[0\]\.type: stands at the zone/,
  ],
  ['an alias beside others', [www, { name: 'www', type: 'CNAME', value: '@' }], /records\[1\]\.type: stands beside/],
  [
    'two aliases of one name',
    [
      { name: 'a', type: 'CNAME', value: 'b' },
      { name: 'a', type: 'CNAME', value: 'c' },
    ],
    /stands beside/,
  ],
  [
    'mail for an alias',
    [
      { name: 'mail', type: 'CNAME', value: '@' },
      { name: '@', type: 'MX', value: '10 mail' },
    ],
    /records\[1\]\.value: leads to mail.site.example, which is an alias/,
  ],
  ["the zone's own name servers", [{ name: '@', type: 'NS', value: 'ns1.other.example.' }], /given by the Host/],
  [
    'a record below a delegation',
    [
      { name: 'sub', type: 'NS', value: 'ns1.other.example.' },
      { name: 'x.sub', type: 'TXT', value: 'x' },
    ],
    /records\[1\]: lies within sub.site.example/,
  ],
]

describe('zoneFindings', () => {
  it.each(WRONG)('tells of %s', (_what, records, finding) => {
    expect(findings(records).join('\n')).toMatch(finding)
  })

  it('has nothing against what belongs together', () => {
    const records: WrittenRecord[] = [
      { name: '@', type: 'A', value: '203.0.113.7' },
      { name: '@', type: 'MX', value: '10 mail' },
      { name: 'mail', type: 'A', value: '203.0.113.8' },
      { name: '*', type: 'CNAME', value: '@' },
      { name: '_dmarc', type: 'TXT', value: 'v=DMARC1; p=none' },
      { name: '_sip._tcp', type: 'SRV', value: '0 5 5060 mail' },
      { name: 'sub', type: 'NS', value: 'ns.sub' },
      { name: 'ns.sub', type: 'A', value: '203.0.113.9' },
    ]
    expect(findings(records)).toEqual([])
  })
})
