import { realpathSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mountOf, nearestExisting } from './mounts.ts'

const INFO = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard,prjquota
43 27 0:39 /@srv /srv/pala\\040ce rw,relatime - btrfs /dev/loop0 rw,subvolid=5,subvol=/
44 27 8:1 / /srv/x rw master:7 shared:3 - xfs /dev/sda1 rw,prjquota
45 27 0:40 / /srv/x rw,relatime - tmpfs  rw
not a line
`

it.each([
  ['/etc/passwd', '/', 'ext4'],
  ['/', '/', 'ext4'],
  ['/srv/pala ce/tenants', '/srv/pala ce', 'btrfs'],
  ['/srv/pala ce2', '/', 'ext4'],
  ['/srv/x/tenants/alice', '/srv/x', 'tmpfs'],
])('finds the mount of %j', (path, mountPoint, type) => {
  expect(mountOf(INFO, path)).toMatchObject({ mountPoint, type })
})

it('tells where in the file system a mount begins, and its options', () => {
  expect(mountOf(INFO, '/srv/pala ce')).toMatchObject({ root: '/@srv', source: '/dev/loop0' })
  expect(mountOf(INFO, '/etc')?.options.has('prjquota')).toBe(true)
})

it('finds nothing where nothing is mounted', () => expect(mountOf('', '/srv')).toBeUndefined())

it('follows links to what is there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-mounts-'))
  try {
    await symlink('/usr', join(directory, 'link'))
    expect(nearestExisting(join(directory, 'link', 'none', 'deeper'))).toBe(realpathSync('/usr'))
  } finally {
    await rm(directory, { recursive: true })
  }
})
