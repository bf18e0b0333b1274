import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { daemonClient } from './daemon-client.ts'
import { type CheckedHost, checkHost } from './host-checks.ts'

let root: string

const write = async (path: string, text: string) => {
  const file = join(root, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, text)
  return file
}

/** A machine that has nothing but a kernel. */
const bareHost = (): CheckedHost => ({
  uid: 1000,
  path: [join(root, 'sbin'), join(root, 'bin')],
  procRoot: join(root, 'proc'),
  cgroupRoot: join(root, 'cgroup'),
  state: join(root, 'state'),
  runDirectory: join(root, 'run'),
  client: daemonClient(join(root, 'run'), new AbortController().signal),
  observePool: async () => ({ reason: 'PoolOverlaps', message: 'the pool overlaps' }),
})

const resultsOf = async (host: CheckedHost) => new Map((await checkHost(host)).map((result) => [result.check, result]))

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'palisade-doctor-'))
})

afterEach(() => rm(root, { recursive: true, force: true }))

it('finds everything missing on a bare machine, and says what to do', async () => {
  const results = await resultsOf(bareHost())
  const missing = [...results.values()].filter(({ result }) => result === 'missing').map(({ check }) => check)
  expect(missing).toEqual([
    'root',
    'docker.io',
    'caddy',
    'iproute2',
    'nftables',
    'iptables',
    'uidmap',
    'util-linux',
    'passwd',
    'control groups',
    'user namespaces',
    'address pool',
  ])
  expect([...results.values()].filter(({ remedy }) => remedy === '')).toEqual([])
  expect(results.get('docker.io')?.remedy).toBe('apt-get install docker.io')
})

it('finds a program in any directory, when it can be executed', async () => {
  await chmod(await write('bin/ip', ''), 0o755)
  await chmod(await write('bin/newuidmap', ''), 0o755)
  await write('sbin/caddy', '')
  const results = await resultsOf(bareHost())
  expect(results.get('iproute2')).toMatchObject({ result: 'ok', detail: join(root, 'bin', 'ip') })
  expect(results.get('uidmap')?.detail).toContain('no newgidmap')
  expect(results.get('caddy')?.result).toBe('missing')
})

it('reads what the kernel says', async () => {
  await write('proc/sys/user/max_user_namespaces', '100\n')
  await write('proc/filesystems', 'nodev\ttmpfs\nnodev\toverlay\n')
  await write('cgroup/cgroup.controllers', 'cpuset cpu io memory pids\n')
  const results = await resultsOf({ ...bareHost(), uid: 0 })
  for (const check of ['root', 'user namespaces', 'overlay file system']) expect(results.get(check)?.result).toBe('ok')
  expect(results.get('control groups')).toMatchObject({ result: 'ok', detail: 'version 2' })
})

it('knows a kernel that was told to allow no user namespaces', async () => {
  await write('proc/sys/user/max_user_namespaces', '0\n')
  expect((await resultsOf(bareHost())).get('user namespaces')?.result).toBe('missing')
})

it.each([
  ['free', async () => 'free' as const, 'ok'],
  ['unknown while the Host is broken', () => Promise.reject(new Error('the Host can not be read')), 'warning'],
])('calls the address pool %s', async (_what, observePool, result) => {
  expect((await resultsOf({ ...bareHost(), observePool })).get('address pool')?.result).toBe(result)
})
