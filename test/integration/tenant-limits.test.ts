import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { identify } from '../../src/drivers/host/process-identity.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { allocationOf } from '../../src/plan/allocation.ts'
import { NO_IO_LIMITS } from '../../src/plan/io-limits.ts'
import type { TenantLimits } from '../../src/plan/resources.ts'
import { type HostSettings, tenantLayout } from '../../src/plan/settings.ts'
import { driversOf, makeTree, settings as others } from './host-scene.ts'

const MEBIBYTE = 1024 * 1024
const settings: HostSettings = {
  ...others,
  instance: 'pltest-l',
  stateDirectory: '/var/lib/pltest-l',
  runDirectory: '/run/pltest-l',
  dataRoot: '/var/lib/pltest-l',
  interfacePrefix: 'pl4',
  ipv4Pool: '10.113.0.0/16',
  uidBase: 1_063_000_000,
  subIdBase: 1_064_000_000,
}
const { users, cgroups, sandboxes, engineProcesses } = driversOf(settings)
const account = 'pl4limits'
const allocation = allocationOf(settings, 7)
const limits: TenantLimits = { cpuMillis: 2000, memoryBytes: 512 * MEBIBYTE, pids: 400 }
const { engineSocket, tree } = tenantLayout(settings, account)

const docker = async (...args: string[]): Promise<string> =>
  (await runProgram('docker', ['--host', `unix://${engineSocket}`, ...args], { timeoutMs: 120_000 })).trim()

const makeImage = async (): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'pl4-image-'))
  try {
    const archive = join(directory, 'busybox.tar')
    await runProgram('tar', ['--create', '--file', archive, '--directory', '/usr', 'bin/busybox'])
    await docker('import', archive, 'busybox')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

beforeAll(async () => {
  await users.ensure(account, allocation)
  makeTree({ account, allocation }, settings)
  await cgroups.ensure(account, allocation, limits)
  await sandboxes.start(account, allocation)
  await engineProcesses.start(account, allocation)
  await makeImage()
})
afterAll(async () => {
  await sandboxes.stop(account)
  await cgroups.drop(account)
  await users.drop(account)
  for (const directory of [tree, settings.runDirectory, settings.dataRoot])
    rmSync(directory, { recursive: true, force: true })
})

const start = (name: string, memoryMebibytes: number, ...command: readonly string[]): Promise<string> => {
  const memory = ['--memory', `${memoryMebibytes}m`, '--memory-swap', `${memoryMebibytes}m`]
  const options = ['--detach', '--name', name, '--network', 'none', '--restart', 'unless-stopped', ...memory]
  return docker('run', ...options, 'busybox', '/bin/busybox', ...command)
}

/** Milliseconds that the containers' commands take together. */
const timed = async (names: readonly string[], ...command: readonly string[]): Promise<number> => {
  const before = performance.now()
  await Promise.all(names.map((name) => docker('exec', name, '/bin/busybox', ...command)))
  return performance.now() - before
}

describe('what a tenant may read and write', () => {
  const names = ['one', 'two']
  const write = ['dd', 'if=/dev/zero', 'of=/file', 'bs=256k', 'count=16', 'oflag=direct']
  const read = ['dd', 'if=/file', 'of=/dev/null', 'bs=256k', 'count=16', 'iflag=direct']
  const bytes = 2 * 16 * 256 * 1024
  beforeAll(async () => {
    for (const name of names) await start(name, 64, 'sleep', '600')
    await timed(names, ...write)
  })
  beforeEach(() => cgroups.limitIo(account, NO_IO_LIMITS))
  afterAll(async () => {
    await cgroups.limitIo(account, NO_IO_LIMITS)
    await docker('rm', '--force', ...names)
  })

  test.each([
    ['bytes that are written', { writeBytes: 4 * MEBIBYTE }, write, bytes / (4 * MEBIBYTE)],
    ['bytes that are read', { readBytes: 4 * MEBIBYTE }, read, bytes / (4 * MEBIBYTE)],
    ['reads', { readOperations: 16 }, read, 32 / 16],
  ])('is limited for all of its services together, live: %s', async (_what, limit, command, seconds) => {
    expect(await timed(names, ...command)).toBeLessThan((seconds * 1000) / 2)
    await cgroups.limitIo(account, { ...NO_IO_LIMITS, ...limit })
    expect(await cgroups.observeIo(account)).toEqual({ ...NO_IO_LIMITS, ...limit })
    const took = await timed(names, ...command)
    expect(took).toBeGreaterThan(seconds * 800)
    expect(took).toBeLessThan(seconds * 1500 + 1000)
  })

  test('is unlimited again when the limit is taken away', async () => {
    await cgroups.limitIo(account, { ...NO_IO_LIMITS, writeBytes: MEBIBYTE })
    await cgroups.limitIo(account, NO_IO_LIMITS)
    expect(await cgroups.observeIo(account)).toEqual(NO_IO_LIMITS)
    expect(await timed(names, ...write)).toBeLessThan(4000)
  })
})

/** How many processes of the group and of those below it the kernel has ended for want of memory. */
const kills = (group: string): number => {
  const v1 = join('/sys/fs/cgroup/memory', settings.instance, account, group, 'memory.oom_control')
  const v2 = join('/sys/fs/cgroup', settings.instance, account, group, 'memory.events')
  const text = readFileSync(existsSync(v1) ? v1 : v2, 'utf8')
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1])
}

const commandOf = (pid: number): string | undefined => identify(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim()

const engine = (): readonly string[] =>
  cgroups
    .engineProcesses(account)
    .filter((pid) => ['sleep', 'dockerd', 'containerd'].includes(commandOf(pid) ?? ''))
    .map((pid) => `${commandOf(pid)} ${pid}`)
    .toSorted()

describe('a tenant whose services together want more memory than it has', () => {
  const names = ['one', 'two', 'three']
  // Each process smaller than dockerd, so that the kernel would choose that if it could.
  const eat = '/bin/busybox head -c 16000000 /dev/zero | /bin/busybox tail -c 16000000 | /bin/busybox sleep 600 &'
  const hog = ['sh', '-c', `for n in 1 2 3 4 5 6 7 8 9 10; do ${eat} done; wait`]
  afterEach(() => docker('rm', '--force', ...names))

  test('loses processes of services, time and again, and never one of its engine', { timeout: 180_000 }, async () => {
    const before = engine()
    expect(before.map((line) => line.split(' ')[0])).toEqual(['containerd', 'dockerd', 'sleep'])
    const ids: string[] = []
    for (const name of names) ids.push(await start(name, 256, ...hog))
    const killed = async (): Promise<number> =>
      [...(await cgroups.observeMemoryKills(account, ids)).values()].reduce((sum, count) => sum + count, 0)
    let seen = 0
    for (let round = 1; round <= 5; round++) {
      await expect.poll(killed, { timeout: 30_000, interval: 100 }).toBeGreaterThan(0)
      seen += await killed()
      expect(engine()).toEqual(before)
      expect(kills('engine')).toBe(0)
      await docker('restart', '--time', '0', ...names)
      expect(await docker('ps', '--quiet')).toMatch(/^\w+\n\w+\n\w+$/)
    }
    expect(seen).toBeGreaterThanOrEqual(5)
    expect(await engineProcesses.observe(account)).toBe('running')
  })

  test('has engine processes that rank behind those of services, and no process before the programs of the host', async () => {
    await start('one', 64, 'sleep', '600')
    const score = (pid: number | string) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
    const init = Number(await docker('inspect', '--format', '{{.State.Pid}}', 'one'))
    const [dockerd] = cgroups.engineProcesses(account).filter((pid) => commandOf(pid) === 'dockerd')
    expect(score(init)).toBeGreaterThanOrEqual(0)
    expect(score(dockerd ?? '')).toBe(0)
    await expect(
      docker('exec', 'one', '/bin/busybox', 'sh', '-c', 'echo -1 >/proc/self/oom_score_adj'),
    ).rejects.toThrow(/ermission denied/)
  })
})
