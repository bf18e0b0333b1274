import { describe, expect, test } from 'vitest'
import { settings } from '../../../test/fakes/accounts.ts'
import { allocationOf } from '../../plan/allocation.ts'
import type { OutboundPolicy } from '../../plan/resources.ts'
import { elementCommands, elementsOf, parseElement, policyOf } from './firewall-elements.ts'
import { parseListing } from './firewall-listing.ts'

const allocation = allocationOf(settings, 1)
const open: OutboundPolicy = {
  internet: true,
  smtp: true,
  hostedSites: true,
  privateRanges: ['10.0.0.0/8', '192.168.1.5/32', 'fd00:1::/64'],
}
const closed: OutboundPolicy = { internet: false, smtp: false, hostedSites: false, privateRanges: [] }

describe('the elements of an account', () => {
  test.each([
    ['everything', open],
    ['nothing', closed],
  ])('for %s give the policy back', (_what, policy) => {
    expect(policyOf(elementsOf(allocation, policy), allocation)).toEqual(policy)
  })

  test('are of no use at another address', () => {
    expect(policyOf(elementsOf(allocationOf(settings, 2), open), allocation)).toBe('absent')
    expect(policyOf(elementsOf({ ...allocation, ipv6: 'none' }, open), allocation)).toBe('absent')
    expect(policyOf(elementsOf(allocation, open), { ...allocation, ipv6: 'none' })).toBe('absent')
  })

  test('hold no network twice: a set of intervals takes none inside another', () => {
    const elements = elementsOf(allocation, { ...closed, privateRanges: ['10.1.0.0/16', '10.0.0.0/8', '10.0.0.0/8'] })
    expect([...elements].filter((one) => one.startsWith('private'))).toEqual(['private4 10.0.0.0/8'])
  })

  test('are one command for each set', () => {
    const commands = elementCommands('add', 'palisade', [
      ['pal1', elementsOf(allocation, { ...closed, internet: true })],
      ['pal2', ['internet']],
    ])
    expect(commands).toBe(
      [
        'add element inet palisade own4 { "pal1" . 10.90.0.6 }',
        'add element inet palisade own6 { "pal1" . fd00:90::6 }',
        'add element inet palisade internet { "pal1", "pal2" }',
        '',
      ].join('\n'),
    )
  })

  test.each(['', 'all', 'own4', 'own4 10.0.0.1/8', 'private4 10.0.0.1', 'toString', 'own6 fe80::1%eth0'])(
    '%j is none',
    (text) => expect(() => parseElement(text)).toThrow(RangeError),
  )

  test.each(['pal1 }', 'PAL', '', '../pal'])('stand by no interface %j', (name) => {
    expect(() => elementCommands('add', 'palisade', [[name, ['internet']]])).toThrow(RangeError)
  })
})

describe('a listing', () => {
  const listing = (...elem: unknown[]) =>
    parseListing(
      JSON.stringify({
        nftables: [
          { metainfo: { version: '1' } },
          { set: { name: 'private4', handle: 3, elem } },
          { rule: { handle: elem.length, expr: ['drop'] } },
        ],
      }),
    )

  test('tells the elements of each interface', () => {
    const { elements } = listing(
      { concat: ['pal1', { prefix: { addr: '10.0.0.0', len: 8 } }] },
      { concat: ['pal2', '192.168.1.5'] },
    )
    expect(elements).toEqual(
      new Map([
        ['pal1', new Set(['private4 10.0.0.0/8'])],
        ['pal2', new Set(['private4 192.168.1.5/32'])],
      ]),
    )
  })

  test('of the same rules has the same digest, whatever stands in the sets', () => {
    expect(listing().rulesDigest).toBe(listing({ concat: ['pal2', '192.168.1.5'] }).rulesDigest)
  })

  test('with something that can not be ours has another', () => {
    expect(listing().rulesDigest).not.toBe(
      listing({ concat: ['pal2', { range: ['10.0.0.1', '10.0.0.9'] }] }).rulesDigest,
    )
  })
})
