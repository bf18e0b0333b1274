import { describe, expect, it } from 'vitest'
import { pointerOf, pointerProblem } from './name-pointer.ts'

const OWN = ['2001:db8::1', '192.0.2.1']

describe('pointerOf', () => {
  it.each([
    [['192.0.2.1'], { resolves: true, missing: [], foreign: [] }],
    [['192.0.2.1', '2001:DB8:0::1'], { resolves: true, missing: [], foreign: [] }],
    [[], { resolves: false, missing: ['A 192.0.2.1'], foreign: [] }],
    // An authority asks by IPv6 first.
    [['192.0.2.1', '2001:db8::9'], { resolves: false, missing: [], foreign: ['AAAA 2001:db8::9'] }],
    [['192.0.2.9'], { resolves: false, missing: ['A 192.0.2.1'], foreign: ['A 192.0.2.9'] }],
  ])('of %j is %j', (seen, pointer) => {
    expect(pointerOf(seen, OWN)).toEqual(pointer)
  })

  it('says what has to change', () => {
    expect(pointerProblem(pointerOf(['192.0.2.9'], OWN))).toBe(
      'lacks the record A 192.0.2.1 and leads elsewhere by A 192.0.2.9',
    )
    expect(pointerProblem(pointerOf(['192.0.2.1'], OWN))).toBe('')
  })
})
