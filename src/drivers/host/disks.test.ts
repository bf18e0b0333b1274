import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDisks } from './disks.ts'

describe('the disks that a path is on', () => {
  let root: string
  let now = 0
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'palisade-disks-')))
    now = 0
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  /** A block device of sysfs: its directory, and the link by its number. */
  const makeDevice = (device: string, directory: string): void => {
    write(`sys/devices/${directory}/dev`, `${device}\n`)
    mkdirSync(join(root, 'sys/dev/block'), { recursive: true })
    symlinkSync(join(root, 'sys/devices', directory), join(root, 'sys/dev/block', device))
  }
  const mounts = (...lines: readonly string[]): void => write('proc/self/mountinfo', `${lines.join('\n')}\n`)
  const disksOf = (path = join(root, 'data/tenants')) =>
    createDisks({ path, procRoot: join(root, 'proc'), sysRoot: join(root, 'sys'), clock: { now: () => now } })

  test('a disk is itself', () => {
    makeDevice('254:0', 'vda')
    mounts('27 1 254:0 / / rw,relatime - ext4 /dev/vda rw')
    expect(disksOf()()).toEqual(['254:0'])
  })

  test('a partition is its disk', () => {
    makeDevice('8:0', 'sda')
    makeDevice('8:3', 'sda/sda3')
    write('sys/devices/sda/sda3/partition', '3\n')
    mounts('27 1 8:3 / / rw,relatime shared:1 master:2 - xfs /dev/sda3 rw')
    expect(disksOf()()).toEqual(['8:0'])
  })

  test('the mount nearest to the path counts, and of several at one place the last', () => {
    mkdirSync(join(root, 'data base'))
    const at = join(root, 'data base').replaceAll(' ', '\\040')
    const line = (device: string, where: string) => `30 27 ${device} / ${where} rw - ext4 /dev/x rw`
    mounts(line('8:0', '/'), line('8:16', at), line('8:32', at), line('8:48', `${at}2`))
    expect(disksOf(join(root, 'data base', 'tenants'))()).toEqual(['8:32'])
  })

  test('a btrfs is all of its devices', () => {
    // The number of /dev/null, which every host has.
    write('sys/fs/btrfs/one/devices/x/dev', '8:64\n')
    write('sys/fs/btrfs/two/devices/null/dev', '1:3\n')
    write('sys/fs/btrfs/two/devices/sdc/dev', '8:32\n')
    mounts('27 1 0:45 /@ / rw - btrfs /dev/null rw,subvol=/@')
    expect(disksOf()()).toEqual(['1:3', '8:32'])
  })

  test.each(['tmpfs tmpfs', 'nfs4 server:/export', 'overlay overlay', 'btrfs /dev/null'])('%s is on none', (source) => {
    mounts(`27 1 0:45 / / rw - ${source} rw`)
    expect(disksOf()()).toMatchObject({ reason: 'NoBlockDevice', message: expect.stringContaining(root) })
  })

  test('they are looked for once a second', () => {
    const disks = disksOf()
    mounts('27 1 8:0 / / rw - ext4 /dev/sda rw')
    expect(disks()).toEqual(['8:0'])
    mounts('27 1 8:16 / / rw - ext4 /dev/sdb rw')
    now = 900
    expect(disks()).toEqual(['8:0'])
    now = 2000
    expect(disks()).toEqual(['8:16'])
  })
})
