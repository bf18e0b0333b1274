import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { DomainRules } from '../plan/settings.ts'
import { Claims } from './claims.ts'

const NO_RULES: DomainRules = { assigned: [], reserved: [] }

type Wishes = Readonly<Record<string, readonly string[]>>

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length < 2
    ? [[...items]]
    : items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))

/** What each account gets when all come in the order given. */
const grants = (order: readonly string[], wishes: Wishes, rules: DomainRules, claims = new Claims()): Wishes => {
  claims.rule(rules)
  for (const account of order) claims.want(account, wishes[account] ?? [])
  const granted = order.map((account) => {
    const wanted = wishes[account] ?? []
    const refusals = claims.claim(account, wanted)
    return [account, wanted.filter((name) => !refusals.has(name))] as const
  })
  return Object.fromEntries(granted)
}

/** All are new, and all come at once. */
it.each<[what: string, wishes: Wishes, granted: Wishes, rules?: Partial<DomainRules>]>([
  ['different domains', { a: ['a.com'], b: ['b.com'] }, { a: ['a.com'], b: ['b.com'] }],
  ['the same domain', { b: ['x.com'], a: ['x.com'] }, { a: ['x.com'], b: [] }],
  [
    'an alias of another site',
    { a: ['x.com', 'www.x.com'], b: ['b.com', 'www.x.com'] },
    { a: ['x.com', 'www.x.com'], b: ['b.com'] },
  ],
  ['a subdomain of another account', { a: ['x.com'], b: ['shop.x.com'] }, { a: ['x.com'], b: [] }],
  ['a name far below', { a: ['x.com'], b: ['a.b.c.x.com'] }, { a: ['x.com'], b: [] }],
  ['the parent of a subdomain', { a: ['shop.x.com'], b: ['x.com'] }, { a: ['shop.x.com'], b: [] }],
  ['two subdomains of what nobody has', { a: ['a.x.com'], b: ['b.x.com'] }, { a: ['a.x.com'], b: ['b.x.com'] }],
  ['a name that only ends alike', { a: ['x.com'], b: ['notx.com'] }, { a: ['x.com'], b: ['notx.com'] }],
  [
    'sites below a private suffix',
    { a: ['a.github.io'], b: ['b.github.io'] },
    { a: ['a.github.io'], b: ['b.github.io'] },
  ],
  ['sites below a public suffix of two labels', { a: ['a.co.uk'], b: ['b.co.uk'] }, { a: ['a.co.uk'], b: ['b.co.uk'] }],
  [
    'development names',
    { a: ['hello.localhost'], b: ['shop.localhost'] },
    { a: ['hello.localhost'], b: ['shop.localhost'] },
  ],
  [
    'an international name',
    { a: ['xn--bcher-kva.example'], b: ['www.xn--bcher-kva.example'] },
    { a: ['xn--bcher-kva.example'], b: [] },
  ],
  [
    'one who loses stands in nobody’s way',
    { a: ['shop.x.com'], b: ['x.com'], c: ['www.x.com'] },
    { a: ['shop.x.com'], b: [], c: ['www.x.com'] },
  ],
  [
    'what is reserved',
    { a: ['panel.host.net', 'www.host.net'], b: ['a.panel.host.net'] },
    { a: ['www.host.net'], b: [] },
    { reserved: ['panel.host.net'] },
  ],
  ['what is above a reserved name', { a: ['host.net'] }, { a: ['host.net'] }, { reserved: ['panel.host.net'] }],
  [
    'what is assigned',
    { a: ['x.com'], b: ['x.com'] },
    { a: [], b: ['x.com'] },
    { assigned: [{ domain: 'x.com', account: 'b' }] },
  ],
  [
    'a subdomain that is given away',
    { a: ['x.com'], b: ['shop.x.com', 'www.shop.x.com'], c: ['y.shop.x.com'] },
    { a: ['x.com'], b: ['shop.x.com', 'www.shop.x.com'], c: [] },
    { assigned: [{ domain: 'shop.x.com', account: 'b' }] },
  ],
  [
    'the nearest of two rules',
    { a: ['x.com', 'shop.x.com'], b: ['x.com', 'shop.x.com'] },
    { a: ['x.com'], b: ['shop.x.com'] },
    {
      assigned: [
        { domain: 'x.com', account: 'a' },
        { domain: 'shop.x.com', account: 'b' },
      ],
    },
  ],
])('%s: the verdict does not depend on the order', (_what, wishes, granted, rules) => {
  for (const order of permutations(Object.keys(wishes)))
    expect([order, grants(order, wishes, { ...NO_RULES, ...rules })]).toEqual([order, granted])
})

it('leaves a name with the account that had it, and tells nobody whose it is', () => {
  const claims = new Claims()
  claims.restore('zoe', ['x.com'])
  expect(grants(['a'], { a: ['x.com', 'shop.x.com'] }, NO_RULES, claims)).toEqual({ a: [] })
  expect(grants(['zoe', 'a'], { a: ['x.com'], zoe: ['x.com'] }, NO_RULES, claims)).toEqual({ a: [], zoe: ['x.com'] })
})

it('gives a name that one account lets go to the other in the same change, whichever comes first', () => {
  const told: string[] = []
  const claims = new Claims((accounts) => told.push(...accounts))
  grants(['alice', 'bob'], { alice: ['x.com', 'y.com'], bob: [] }, NO_RULES, claims)
  claims.want('alice', ['y.com'])
  claims.want('bob', ['x.com'])
  expect([...claims.claim('bob', ['x.com']).keys()]).toEqual(['x.com'])
  claims.claim('alice', ['y.com'], ['x.com'])
  expect(told).toEqual([])
  claims.keep('alice', ['y.com'])
  expect(told).toEqual(['bob'])
  expect(claims.claim('bob', ['x.com']).size).toBe(0)
})

it('wakes whoever was refused because of one that wanted the name before it, and wants it no more', () => {
  const told: string[] = []
  const claims = new Claims((accounts) => told.push(...accounts))
  claims.want('alice', ['x.com'])
  claims.want('bob', ['www.x.com'])
  expect(claims.claim('bob', ['www.x.com']).get('www.x.com')).toBe('DomainConflict')
  claims.want('alice', [])
  expect(told).toEqual(['bob'])
  expect(claims.claim('bob', ['www.x.com']).size).toBe(0)
})

it('moves an assigned domain when its former account has let go of it, and not before', () => {
  const told: string[] = []
  const claims = new Claims((accounts) => told.push(...accounts))
  grants(['alice', 'bob'], { alice: ['x.com'], bob: ['x.com'] }, NO_RULES, claims)
  claims.rule({ assigned: [{ domain: 'x.com', account: 'bob' }], reserved: [] })
  expect(claims.claim('bob', ['x.com']).get('x.com')).toBe('DomainConflict')
  expect(claims.claim('alice', ['x.com'], ['x.com']).get('x.com')).toBe('DomainConflict')
  expect(claims.claim('bob', ['x.com']).get('x.com')).toBe('DomainConflict')
  claims.keep('alice', [])
  expect(told).toEqual(['bob'])
  expect(claims.claim('bob', ['x.com']).size).toBe(0)
})

it('changes nothing when it is only asked', () => {
  const claims = new Claims()
  expect(claims.judge('bob', ['x.com']).size).toBe(0)
  expect(claims.claim('alice', ['x.com']).size).toBe(0)
})

it('never gives one name, or names of one line, to two accounts, and in every order the same', () => {
  const label = fc.constantFrom('a', 'b')
  const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join('.')}.com`)
  const wishes = fc.dictionary(fc.constantFrom('p', 'q', 'r', 's'), fc.uniqueArray(name, { maxLength: 4 }))
  fc.assert(
    fc.property(wishes, fc.func(fc.nat()), (wanted, rank) => {
      const accounts = Object.keys(wanted).sort()
      const granted = grants(accounts, wanted, NO_RULES)
      const shuffled = accounts.toSorted((one, other) => rank(one) - rank(other))
      expect(grants(shuffled, wanted, NO_RULES)).toEqual(granted)
      for (const one of accounts)
        for (const other of accounts)
          for (const mine of granted[one] ?? [])
            for (const theirs of granted[other] ?? [])
              if (one !== other) expect(`.${mine}`.endsWith(`.${theirs}`)).toBe(false)
    }),
    { numRuns: 500 },
  )
})
