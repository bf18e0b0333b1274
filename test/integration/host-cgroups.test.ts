import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { identify } from '../../src/drivers/host/process-identity.ts'
import { describeCgroups } from '../contract/host-cgroups.ts'
import { cgroups, directoriesOf, limits, settings, tenant } from './host-scene.ts'

const { account, allocation } = tenant('ptcgroup', 46)

describeCgroups('the cgroupfs driver', () => ({ cgroups, account, allocation }))

/** A process in the engine's leaf that starts another one, and both ignore the polite signals. */
const startStubborn = async (): Promise<number> => {
  const script = `trap '' TERM HUP INT; sleep 600 & echo started; wait`
  const child = spawn('sh', ['-c', `for f; do echo 0 >"$f"; done; ${script}`, 'sh', ...cgroups.processFiles(account)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  if (child.pid === undefined) throw new Error('it was not started')
  return child.pid
}

describe('a tenant on this kernel', () => {
  afterEach(() => cgroups.drop(account))

  test('may make groups below services, but not change its own limits', async () => {
    await cgroups.ensure(account, allocation, limits)
    for (const directory of directoriesOf(`${settings.instance}/${account}`)) {
      // On v1, limits of the disk hold for one group only: the tenant may make no others.
      const owner = directory.startsWith('/sys/fs/cgroup/blkio/') ? 0 : allocation.uid
      expect(statSync(join(directory, 'services')).uid).toBe(owner)
      expect(statSync(join(directory, 'services', 'cgroup.procs')).uid).toBe(owner)
      for (const file of ['memory.limit_in_bytes', 'cpu.cfs_quota_us', 'pids.max', 'memory.max', 'cpu.max'])
        if (existsSync(join(directory, file))) expect(statSync(join(directory, file)).uid).toBe(0)
    }
  })

  test('is seen to have drifted when someone lifts a limit', async () => {
    await cgroups.ensure(account, allocation, limits)
    const files = directoriesOf(`${settings.instance}/${account}`).map((directory) => join(directory, 'pids.max'))
    for (const file of files.filter((path) => existsSync(path))) writeFileSync(file, 'max')
    expect(await cgroups.observe(account)).toEqual({ ...limits, pids: Number.POSITIVE_INFINITY })
    await cgroups.ensure(account, allocation, limits)
    expect(await cgroups.observe(account)).toEqual(limits)
  })

  test('loses all of its processes and its groups when it is dropped', async () => {
    await cgroups.ensure(account, allocation, limits)
    const pid = await startStubborn()
    const members = cgroups.engineProcesses(account)
    expect(members).toContain(pid)
    expect(members.length).toBeGreaterThan(1)
    await cgroups.drop(account)
    for (const member of members) expect(identify(member)).toBeUndefined()
    for (const directory of directoriesOf(settings.instance)) expect(existsSync(directory)).toBe(false)
  })
})

test.runIf(existsSync('/sys/fs/cgroup/cpu'))(
  'CPU time is taken from a tenant whose services may still use more',
  async () => {
    const group = `${settings.instance}/${account}/services`
    const quotas = directoriesOf(group).map((directory) => join(directory, 'container', 'cpu.cfs_quota_us'))
    try {
      await cgroups.ensure(account, allocation, { ...limits, cpuMillis: 2000 })
      for (const directory of directoriesOf(group)) mkdirSync(join(directory, 'container'))
      const [quota = ''] = quotas.filter((file) => existsSync(file))
      writeFileSync(quota, '200000')
      await cgroups.ensure(account, allocation, { ...limits, cpuMillis: 500 })
      expect(await cgroups.observe(account)).toEqual({ ...limits, cpuMillis: 500 })
      expect(readFileSync(quota, 'utf8')).toBe('50000\n')
    } finally {
      await cgroups.drop(account)
    }
  },
)

test.runIf(existsSync('/sys/fs/cgroup/memory'))('a memory limit below what is in use is refused', async () => {
  await cgroups.ensure(account, allocation, limits)
  const hog = spawn(
    'sh',
    ['-c', 'for f; do echo 0 >"$f"; done; exec "$HOG" -e "$SCRIPT"', 'sh', ...cgroups.processFiles(account)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        HOG: process.execPath,
        SCRIPT: "globalThis.kept = Buffer.alloc(64e6, 1); console.log('full'); setInterval(() => {}, 1e6)",
      },
    },
  )
  const told: (string | null)[] = []
  const watchers = cgroups.directories(account).map((path) => watch(path, (_, file) => told.push(file)))
  try {
    await new Promise((resolve) => hog.stdout.once('data', resolve))
    const lowered = cgroups.ensure(account, allocation, { ...limits, memoryBytes: 16 * 1024 * 1024 })
    await expect(lowered).rejects.toMatchObject({
      name: 'WaitingError',
      reason: 'MemoryInUse',
      message: expect.stringMatching(/can't be lowered to 16 MiB: \d+ MiB are in use/),
    })
    expect(await cgroups.observe(account)).toEqual(limits)
    // Told in the order of what happened: had the refused value been told of, it would have come before this one.
    await cgroups.ensure(account, allocation, { ...limits, pids: limits.pids + 1 })
    await expect.poll(() => told).toContain('pids.max')
    expect(told).not.toContain('memory.limit_in_bytes')
  } finally {
    for (const watcher of watchers) watcher.close()
    await cgroups.drop(account)
  }
})
