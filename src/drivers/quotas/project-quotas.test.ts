import { describe, expect, it } from 'vitest'
import { UNLIMITED } from '../../plan/resources.ts'
import { limitCommand, markCommand, markFilledArguments, parseFilling, unmarkCommand } from './project-quotas.ts'

const DISK = { bsize: 4096, blocks: 1000, bfree: 900, files: 500, ffree: 400 }

describe('what statfs tells', () => {
  it('is the limit of the project, and what it uses', () => {
    const tree = { bsize: 4096, blocks: 100, bfree: 25, files: 50, ffree: 45 }
    expect(parseFilling(tree, DISK, { bytes: 409_600, inodes: 50 })).toEqual({
      state: 'counted',
      bytes: 409_600,
      inodes: 50,
      used: { bytes: 75 * 4096, inodes: 5 },
    })
  })

  it('is the disk where there is no limit', () => {
    expect(parseFilling(DISK, DISK, { bytes: 409_600, inodes: 50 })).toMatchObject({
      bytes: UNLIMITED,
      inodes: UNLIMITED,
    })
  })

  it('can not tell a limit beyond the disk from none, and takes it for what is wanted', () => {
    const wanted = { bytes: 2000 * 4096, inodes: 600 }
    expect(parseFilling(DISK, DISK, wanted)).toEqual({
      state: 'counted',
      ...wanted,
      used: { bytes: 'unknown', inodes: 'unknown' },
    })
  })
})

describe('commands of xfs_quota', () => {
  it('limit in whole blocks, and lift', () => {
    expect(limitCommand(7, { bytes: 100_000_000, inodes: 1000 })).toBe(
      'limit -p bsoft=0 bhard=97656k isoft=0 ihard=1000 7',
    )
    expect(limitCommand(7, { bytes: UNLIMITED, inodes: UNLIMITED })).toBe('limit -p bsoft=0 bhard=0 isoft=0 ihard=0 7')
  })

  it('mark and unmark a tree', () => {
    expect(markCommand(7, '/srv/tenants/alice')).toBe('project -s -p /srv/tenants/alice 7')
    expect(unmarkCommand(7, '/srv/tenants/alice')).toBe('project -C -p /srv/tenants/alice 7')
  })

  it('mark a tree of ext4 that is filled, by programs and arguments', () => {
    expect(markFilledArguments(7, '/srv/alice')).toEqual([
      ['/srv/alice', '-xdev', '-type', 'd', '-exec', 'chattr', '-p', '7', '+P', '{}', '+'],
      ['/srv/alice', '-xdev', '-type', 'f', '-exec', 'chattr', '-p', '7', '{}', '+'],
    ])
  })

  it.each(['/srv/a b', '/srv/"x"', '/srv/x;y', 'srv', '', '/srv/x\nquit', '/srv//x'])('refuse the path %j', (path) => {
    expect(() => markCommand(7, path)).toThrow(RangeError)
  })

  it.each([-1, 1.5, Number.NaN])('refuse the number %d', (id) => {
    expect(() => markCommand(id, '/srv')).toThrow(RangeError)
  })
})
