import { expect, test } from 'vitest'
import { parseNetwork } from '../api/ip-network.ts'
import { resolveIpv6Pool } from './ipv6-pool.ts'

test('a machine has a unique local prefix of its own, the same each time', () => {
  const pool = resolveIpv6Pool('auto', 'one')
  expect(parseNetwork(pool)).toMatchObject({ family: 6, prefixLength: 48 })
  expect(pool).toMatch(/^fd/)
  expect(resolveIpv6Pool('auto', 'one')).toBe(pool)
  expect(resolveIpv6Pool('auto', 'other')).not.toBe(pool)
})

test('what is written counts', () => {
  expect(resolveIpv6Pool('none', 'one')).toBe('')
  expect(resolveIpv6Pool('2001:db8::/64', 'one')).toBe('2001:db8::/64')
})
