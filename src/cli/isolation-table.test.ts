import { expect, it } from 'vitest'
import type { Finding, Result } from '../isolation/probe.ts'
import { formatVerified } from './isolation-table.ts'

const finding = (probe: string, result: Result, seen: string): Finding => ({
  probe,
  group: 'kernel',
  position: 'root',
  title: 'set the clock',
  expected: 'refused',
  result,
  seen,
})

it('tells of each probe what was expected and seen, and what they come to', () => {
  const findings = [
    finding('kernel/clock', 'broken', 'it was\u001b[2J allowed'),
    finding('kernel/swap', 'held', 'EPERM'),
  ]
  const verified = { account: 'alice', neighbour: '', verifiedAt: '2026-11-24T02:00:00Z', findings }
  expect(formatVerified(verified, (_tone, text) => text)).toBe(`alice against the host
PROBE          FROM                WHAT            EXPECTED   RESULT   SEEN
kernel/clock   the tenant's root   set the clock   refused    broken   it was [2J allowed
kernel/swap    the tenant's root   set the clock   refused    held     EPERM
alice: 1 held, 1 broken, 0 not tried
`)
})
