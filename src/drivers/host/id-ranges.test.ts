import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIdRanges } from './id-ranges.ts'

const range = fc.record({
  name: fc.constantFrom('alice', 'bob', 'carol'),
  first: fc.nat(60),
  count: fc.integer({ min: -1, max: 20 }),
})

test('one that shares an id with others is found, and nothing else is', () => {
  fc.assert(
    fc.property(fc.array(range), range, (ranges, { name, first, ...asked }) => {
      const count = Math.max(1, asked.count)
      const others = ranges.filter(
        (one) => one.name !== name && one.count > 0 && one.first < first + count && first < one.first + one.count,
      )
      const found = createIdRanges(ranges).findOther(name, first, count)
      if (others.length === 0) expect(found).toBeUndefined()
      else expect(others).toContainEqual(found)
    }),
    { numRuns: 2000 },
  )
})
