import { describe, expect, it } from 'vitest'
import { auditedMounts, parseMounts } from './mount-table.ts'

const HOST = parseMounts(`1 0 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
2 1 0:20 / /run rw shared:2 - tmpfs tmpfs rw
3 1 254:0 /srv/data /mnt/again rw shared:3 - ext4 /dev/root rw
4 1 0:6 / /dev rw shared:4 - devtmpfs dev rw`)

const SANDBOX = parseMounts(`10 1 0:90 / /run rw - tmpfs palisade rw
11 10 0:20 /palisade/tenants/alice/engine /run/palisade rw - tmpfs tmpfs rw`)

const pathsOf = (mountinfo: string): readonly string[] =>
  auditedMounts(parseMounts(mountinfo), [HOST, SANDBOX]).map(({ hostPath }) => hostPath)

describe('what a container sees of the host', () => {
  it.each([
    ['a directory', '254:0 /srv/web /www', '/srv/web'],
    ['the root', '254:0 / /host', '/'],
    ['a device', '0:6 /null /dev/null', '/dev/null'],
    ['a socket below another mount', '0:20 /palisade/docker.sock /s', '/run/palisade/docker.sock'],
    ['what is in the sandbox alone', '0:90 /docker /s', '/run/docker'],
    ["a file system of the container's own", '0:99 / /tmp', ''],
  ])('%s', (_, mount, path) => {
    expect(pathsOf(`20 1 ${mount} rw - ext4 x rw`)).toEqual([path])
  })

  it('is told by the path that names most of it', () => {
    expect(pathsOf('20 1 254:0 /srv/data/x /x rw - ext4 x rw')).toEqual(['/srv/data/x'])
  })

  it('is told with its rights, its propagation and its spaces', () => {
    const [mount] = auditedMounts(parseMounts('20 1 254:0 /a\\040b /c\\040d ro,nosuid shared:9 - ext4 x rw'), [HOST])
    expect(mount).toEqual({ target: '/c d', hostPath: '/a b', fileSystem: 'ext4', writable: false, shared: true })
  })
})
