import { describe, expect, it } from 'vitest'
import { FORMS } from './forms.ts'

const complaint = (form: string, value: unknown): string | undefined => {
  const check = FORMS.get(form)
  if (check === undefined) throw new Error(`no form ${form}`)
  return check(value, String(value))
}

const LABEL = 'a'.repeat(63)

const TAKEN: readonly [form: string, values: readonly string[]][] = [
  ['zone-name', ['site.example', '113.0.203.in-addr.arpa', `${LABEL}.${LABEL}.${LABEL}.abcd`]],
  ['record-name', ['@', '*', '*.sub', 'www', '_dmarc', '_sip._tcp', 'www.site.example.', LABEL]],
  ['record-value', ['10 mail', '"a \\" b"', 'ä', 'x'.repeat(65_535)]],
  ['ip-address', ['203.0.113.7', '2001:db8::7', '::1']],
  ['mail-address', ['dns@provider.example', 'first.last+dns@provider.example']],
  ['reverse-network', ['203.0.113.0/24', '10.0.0.0/8', '2001:db8::/32', '2001:db8:0:10::/60']],
  ['key-name', ['ns2', 'a-b']],
]

const HOSTILE = [
  '',
  ' ',
  'a b',
  'a\nb',
  'a\0b',
  'a;b',
  'a"b',
  'a{b',
  'a(b',
  'a\\b',
  '$INCLUDE',
  '../a',
  '/etc/passwd',
  '-a',
  'ä',
  'a..b',
  `${LABEL}a`,
  `${LABEL}a.example`,
  'a.'.repeat(130),
]

const REFUSED: readonly [form: string, values: readonly string[]][] = [
  [
    'zone-name',
    [
      ...HOSTILE,
      'Site.example',
      'co.uk',
      'localhost',
      'com',
      'in-addr.arpa',
      'site.example.',
      '*.example',
      '_a.example',
      `${LABEL}.${LABEL}.${LABEL}.abcdefghi`,
    ],
  ],
  ['record-name', [...HOSTILE, 'a.*', '**', '@.a', 'a@b', '.']],
  ['record-value', ['a\nb', 'a\rb', 'a\0b', 'a\tb', 'a\u007fb', 'a\u0085b', 'x'.repeat(65_536)]],
  [
    'ip-address',
    [...HOSTILE, '203.0.113.256', '203.0.113', '2001:DB8::7', '2001:db8:0::7', 'fe80::1%eth0', '::ffff:1.2.3.4'],
  ],
  ['mail-address', [...HOSTILE, 'a', 'a@', '@b.example', 'a@b@c', 'a@-b.example', 'a b@c.example', 'a"@c.example']],
  [
    'reverse-network',
    [...HOSTILE, '203.0.113.0', '203.0.113.1/24', '203.0.113.0/25', '0.0.0.0/0', '203.0.113.0/32/1', '::/1'],
  ],
  ['key-name', [...HOSTILE, 'A', 'a.b', 'a_b', '"a"']],
]

const cases = (table: typeof TAKEN) => table.flatMap(([form, values]) => values.map((value) => [form, value] as const))

describe('forms of zones', () => {
  it.each(cases(TAKEN))('%s takes %j', (form, value) => expect(complaint(form, value)).toBeUndefined())
  it.each(cases(REFUSED))('%s refuses %j', (form, value) => expect(complaint(form, value)).toBeTypeOf('string'))
})
