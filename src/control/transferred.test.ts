import { describe, expect, it } from 'vitest'
import { transferredOf, transferredStatus } from './transferred.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20

const traffic = (nic: number, inward: number, out: number) => ({ nic, in: inward, out })

describe('what an account transferred', () => {
  it('is told in whole GiB, so that a look changes it seldom', () => {
    const first = transferredStatus(undefined, traffic(7, 3 * GIB + 1, 512 * MIB))
    expect(first).toEqual({ in: 3 * GIB, out: 0, before: traffic(7, 0, 0) })
    expect(transferredStatus(first, traffic(7, 3 * GIB + 900 * MIB, 1_000 * MIB))).toEqual(first)
    expect(transferredStatus(first, traffic(7, 4 * GIB, GIB))).toMatchObject({ in: 4 * GIB, out: GIB })
  })

  it('goes on when the NIC is made anew', () => {
    const first = transferredStatus(undefined, traffic(7, 3 * GIB, 2 * GIB))
    const second = transferredStatus(first, traffic(9, 10, 20))
    expect(second).toEqual({ in: 3 * GIB, out: 2 * GIB, before: traffic(9, 3 * GIB, 2 * GIB) })
    expect(transferredStatus(second, traffic(9, GIB, GIB))).toMatchObject({ in: 4 * GIB, out: 3 * GIB })
  })

  it('goes on when another NIC has the number of the former one', () => {
    const first = transferredStatus(undefined, traffic(7, 3 * GIB, 2 * GIB))
    const second = transferredStatus(first, traffic(7, 10, 20))
    expect(second).toMatchObject({ in: 3 * GIB, out: 2 * GIB })
    expect(transferredStatus(second, traffic(7, GIB, 20))).toMatchObject({ in: 4 * GIB, out: 2 * GIB })
  })

  it('stays while no NIC can be asked', () => {
    const first = transferredStatus(undefined, traffic(7, 3 * GIB, 2 * GIB))
    expect(transferredStatus(first, 'unknown')).toBe(first)
    expect(transferredStatus(undefined, 'unknown')).toBeUndefined()
  })

  it('is read back from a status, and not from something else', () => {
    const told = transferredStatus(undefined, traffic(7, GIB, GIB))
    expect(transferredOf({ status: { transferred: told } })).toEqual(told)
    for (const other of [undefined, {}, { status: {} }, { status: { transferred: { in: 1, out: 'x', before: {} } } }])
      expect(transferredOf(other)).toBeUndefined()
  })
})
