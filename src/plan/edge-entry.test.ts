import { expect, it } from 'vitest'
import { isEdgeEntry, renderEdgeEntry } from './edge-entry.ts'

const upstream = '10.90.0.2:80'

it.each([
  [{ upstream, answer: 'serve', httpsOnly: false }, '10.90.0.2:80'],
  [{ upstream, answer: 'suspended', httpsOnly: true }, '10.90.0.2:80,suspended,https'],
  [{ upstream, answer: { redirectTo: 'a.example' }, httpsOnly: true }, '10.90.0.2:80,to=a.example,https'],
  [
    {
      upstream,
      answer: 'serve',
      httpsOnly: true,
      hsts: { maxAge: 31_536_000, includeSubdomains: true, preload: true },
    },
    '10.90.0.2:80,https,hsts=31536000+sub+preload',
  ],
  [
    { upstream, answer: 'serve', httpsOnly: false, hsts: { maxAge: 0, includeSubdomains: false, preload: false } },
    '10.90.0.2:80,hsts=0',
  ],
] as const)('%j is written %s', (entry, text) => {
  expect(renderEdgeEntry(entry)).toBe(text)
})

it.each(['../x', 'a/b', 'a.example,https', '{env.HOME}', 'A.example', '', `${'a.'.repeat(120)}example`])(
  'never leads to the host %j',
  (host) => {
    expect(() => renderEdgeEntry({ upstream, answer: { redirectTo: host }, httpsOnly: false })).toThrow(RangeError)
  },
)

it.each([
  '10.90.0.2:80,https,suspended',
  '10.90.0.2:80,',
  '10.90.0.2:80,hsts=1e9',
  '10.90.0.2:80 ',
  '10.90.0.2:70000,https',
])('%j is no entry', (text) => {
  expect(isEdgeEntry(text)).toBe(false)
})
