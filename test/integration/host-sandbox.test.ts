import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { identify } from '../../src/drivers/host/process-identity.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { tenantLayout } from '../../src/plan/settings.ts'
import {
  cgroups,
  eventually,
  nics,
  raiseSandbox,
  raze,
  removeDirectories,
  sandboxes,
  settings,
  tenant,
} from './host-scene.ts'

const it = tenant('ptcbox', 47)
const { account, allocation } = it

const holderPid = async (): Promise<number> => {
  const sandbox = await sandboxes.observe(account)
  if (sandbox === 'absent') throw new Error('no sandbox')
  return sandbox.pid
}

const mountsOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/mounts`, 'utf8')
    .split('\n')
    .map((line) => line.split(' ').slice(1, 3).join(' '))

beforeEach(() => raiseSandbox(it))
afterEach(() => raze(it))
afterAll(removeDirectories)

describe('a sandbox', () => {
  test('has namespaces of its own, and its root is the tenant outside', async () => {
    const pid = await holderPid()
    for (const kind of ['user', 'mnt', 'net'])
      expect(readlinkSync(`/proc/${pid}/ns/${kind}`)).not.toBe(readlinkSync(`/proc/self/ns/${kind}`))
    const { uid, gid, subIdBase } = allocation
    const maps = (ids: string) =>
      ids
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number))
    expect(maps(readFileSync(`/proc/${pid}/uid_map`, 'utf8'))).toEqual([
      [0, uid, 1],
      [1, subIdBase, 65_535],
    ])
    expect(maps(readFileSync(`/proc/${pid}/gid_map`, 'utf8'))).toEqual([
      [0, gid, 1],
      [1, subIdBase, 65_535],
    ])
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(new RegExp(`Uid:\\s+${uid}\\s+${uid}\\s+${uid}`))
  })

  test('lives in the engine leaf of every hierarchy, and sees none of the host run directory', async () => {
    const pid = await holderPid()
    for (const file of cgroups.processFiles(account)) expect(readFileSync(file, 'utf8').split('\n')).toContain(`${pid}`)
    expect(mountsOf(pid)).toEqual(expect.arrayContaining(['/run tmpfs', '/etc/docker tmpfs', '/tmp tmpfs']))
    expect(existsSync(`/proc/${pid}/root${settings.runDirectory}`)).toBe(false)
  })

  test('sees its own processes alone, and can not take off what hides the others', async () => {
    const pid = await holderPid()
    const enter = ['--target', `${pid}`, '--user', '--mount', '--net', '--setuid', '0', '--setgid', '0', '--']
    const asRoot = (script: string) => runProgram('nsenter', [...enter, 'sh', '-c', script])
    const seen = (await asRoot('ls /proc')).split('\n').filter((name) => /^[0-9]+$/.test(name))
    expect(seen).toContain(`${pid}`)
    expect(seen).not.toContain(`${process.pid}`)
    expect(
      await asRoot(
        `umount /proc 2>&1 || mount -o remount,hidepid=0 /proc 2>&1 || cat /proc/${process.pid}/comm 2>&1 || echo hidden`,
      ),
    ).toMatch(/hidden\n$/)
  })

  test('is started once', async () => {
    const pid = await holderPid()
    await sandboxes.start(account, allocation)
    expect(await holderPid()).toBe(pid)
  })

  test('is absent once its holder is killed, and starts anew', async () => {
    const pid = await holderPid()
    process.kill(pid, 'SIGKILL')
    await eventually('the sandbox is absent', async () => (await sandboxes.observe(account)) === 'absent')
    await sandboxes.start(account, allocation)
    expect(await holderPid()).not.toBe(pid)
  })

  test('is not mistaken for another process that got its id', async () => {
    const pid = await holderPid()
    const impostor = { pid: process.pid, startTime: identify(pid)?.startTime }
    writeFileSync(tenantLayout(settings, account).holderFile, JSON.stringify(impostor))
    expect(await sandboxes.observe(account)).toBe('absent')
    await sandboxes.start(account, allocation)
    expect(identify(pid), 'the former holder is ended').toBeUndefined()
    expect(await holderPid()).not.toBe(process.pid)
  })

  test('leaves nothing when it is stopped', async () => {
    const pid = await holderPid()
    await sandboxes.stop(account)
    expect(identify(pid)).toBeUndefined()
    expect(await sandboxes.observe(account)).toBe('absent')
    expect(existsSync(tenantLayout(settings, account).run)).toBe(false)
  })

  test('says why it could not start', async () => {
    await sandboxes.stop(account)
    await cgroups.drop(account)
    await expect(sandboxes.start(account, allocation)).rejects.toThrow(/cgroup\.procs/)
    expect(await sandboxes.observe(account)).toBe('absent')
  })
})

describe('a NIC', () => {
  const inTenant = async (...command: string[]) =>
    runProgram('nsenter', ['--target', `${await holderPid()}`, '--net', '--', ...command])

  beforeEach(async () => {
    expect(await nics.observe(account, allocation)).toBe('absent')
    await nics.attach(account, allocation)
  })

  test('is ready as soon as it is attached, and attaching again leaves it alone', async () => {
    expect(await nics.observe(account, allocation)).toBe('ready')
    const index = readFileSync(`/sys/class/net/${allocation.interface}/ifindex`, 'utf8')
    await nics.attach(account, allocation)
    expect(readFileSync(`/sys/class/net/${allocation.interface}/ifindex`, 'utf8')).toBe(index)
  })

  test.each([
    ['its route', () => inTenant('ip', 'route', 'delete', 'default')],
    ['its address', () => inTenant('ip', 'address', 'flush', 'dev', 'eth0')],
    ['its IPv6 route', () => inTenant('ip', '-6', 'route', 'delete', 'default')],
    ['its IPv6 address', () => inTenant('ip', '-6', 'address', 'flush', 'dev', 'eth0')],
    ['its neighbour', () => inTenant('ip', 'neighbor', 'delete', allocation.hostAddress, 'dev', 'eth0')],
    ['its link', () => inTenant('ip', 'link', 'set', 'eth0', 'down')],
    ['the host IPv6 address', () => runProgram('ip', ['-6', 'address', 'flush', 'dev', allocation.interface])],
    ['its deafness', () => runProgram('sysctl', [`net.ipv6.conf.${allocation.interface}.accept_ra=2`])],
    ['the host address', () => runProgram('ip', ['address', 'flush', 'dev', allocation.interface])],
  ])('heals when it lost %s', async (_what, damage) => {
    await damage()
    await eventually('the damage is seen', async () => (await nics.observe(account, allocation)) === 'incomplete')
    await nics.attach(account, allocation)
    expect(await nics.observe(account, allocation)).toBe('ready')
  })

  test('heals when it is deleted, and is gone when it is detached', async () => {
    await runProgram('ip', ['link', 'delete', allocation.interface])
    expect(await nics.observe(account, allocation)).toBe('absent')
    await nics.attach(account, allocation)
    expect(await nics.observe(account, allocation)).toBe('ready')
    await nics.detach(allocation.interface)
    expect(existsSync(`/sys/class/net/${allocation.interface}`)).toBe(false)
  })

  test('is not built on an interface of someone else, nor does it delete that', async () => {
    await nics.detach(allocation.interface)
    await runProgram('ip', ['link', 'add', 'name', allocation.interface, 'type', 'veth', 'peer', 'name', 'ptcpeer'])
    try {
      await expect(nics.attach(account, allocation)).rejects.toMatchObject({ reason: 'NameTaken' })
      expect(existsSync(`/sys/class/net/${allocation.interface}`)).toBe(true)
    } finally {
      await runProgram('ip', ['link', 'delete', allocation.interface])
    }
  })
})
