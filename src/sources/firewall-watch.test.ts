import { expect, test } from 'vitest'
import { losesRules } from './firewall-watch.ts'

test.each([
  ['delete table inet palisade', true],
  ['delete chain inet palisade input', true],
  ['delete rule inet palisade input handle 7', true],
  ['delete set inet palisade smtp', true],
  ['delete element inet palisade smtp { "pal0" }', false],
  ['delete table inet palisade2', false],
  ['delete table ip palisade', false],
  ['add table inet palisade', false],
  ['# new generation 7 by process 12 (nft)', false],
])('%s: %j', (line, isLost) => expect(losesRules(line, 'palisade')).toBe(isLost))
