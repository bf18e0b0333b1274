import { describe, expect, it } from 'vitest'
import type { Allocation } from '../../plan/resources.ts'
import { hostIds, parseMode } from './host-ids.ts'

const allocation: Allocation = {
  index: 0,
  uid: 200_000,
  gid: 200_001,
  subIdBase: 1_000_000,
  interface: 'pal0',
  hostAddress: '10.90.0.1',
  tenantAddress: '10.90.0.2',
  prefixLength: 30,
  ipv6: 'none',
}

describe('hostIds', () => {
  it.each([
    ['root' as const, { uid: 0, gid: 200_001 }],
    [
      { uid: 0, gid: 0 },
      { uid: 200_000, gid: 200_001 },
    ],
    [
      { uid: 1, gid: 999 },
      { uid: 1_000_000, gid: 1_000_998 },
    ],
    [
      { uid: 65_536, gid: 1 },
      { uid: 1_065_535, gid: 1_000_000 },
    ],
  ])('maps %j', (owner, ids) => {
    expect(hostIds(owner, allocation)).toEqual(ids)
  })

  it.each([-1, 65_537, 1.5, Number.NaN])("refuses the id %d, which would be another tenant's", (uid) => {
    expect(() => hostIds({ uid, gid: 0 }, allocation)).toThrow(/no id in a tenant/)
  })
})

describe('parseMode', () => {
  it('reads octal text', () => expect(parseMode('0711')).toBe(0o711))

  it.each(['', '7', '0799', '00711', '0x1ff', 'rwx'])('refuses %j', (mode) => {
    expect(() => parseMode(mode)).toThrow(/no mode/)
  })
})
