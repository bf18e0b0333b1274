import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NO_IO_LIMITS } from '../../plan/io-limits.ts'
import { type Allocation, UNLIMITED } from '../../plan/resources.ts'
import { systemClock } from '../clock.ts'
import { createCgroups, detectCgroups, type TenantCgroups } from './cgroups.ts'

const allocation: Allocation = {
  index: 0,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  subIdBase: 100_000,
  interface: 'pal0',
  hostAddress: '10.0.0.1',
  tenantAddress: '10.0.0.2',
  prefixLength: 30,
  ipv6: 'none',
}

const MEBIBYTE = 1024 * 1024

const FRESH: Readonly<Record<string, string>> = {
  'cgroup.controllers': 'cpuset cpu io memory pids\n',
  'cgroup.subtree_control': '\n',
  'cgroup.procs': '',
  'cgroup.threads': '',
  'cpu.max': 'max 100000\n',
  'memory.max': 'max\n',
  'memory.swap.max': 'max\n',
  'pids.max': 'max\n',
  'io.max': '',
}

/** A directory with the files that the kernel would put into a new group. */
const makeGroup = (path: string): void => {
  mkdirSync(path, { recursive: true })
  for (const [name, text] of Object.entries(FRESH)) writeFileSync(join(path, name), text)
}

describe('cgroup v2, on a copy of its files', () => {
  let root: string
  let cgroups: TenantCgroups
  const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8')

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'palisade-cgroup-'))
    const leaves = ['engine', 'services'].map((leaf) => `palisade/alice/${leaf}`)
    for (const group of ['', 'palisade', 'palisade/alice', ...leaves]) makeGroup(join(root, group))
    cgroups = createCgroups({
      instance: 'palisade',
      hierarchy: detectCgroups(root),
      clock: systemClock,
      disks: () => ['254:0'],
      procRoot: root,
    })
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  test('limits are written as the kernel reads them, and swap is forbidden', async () => {
    await cgroups.ensure('alice', allocation, { cpuMillis: 1500, memoryBytes: 4096 * 1000, pids: 300 })
    expect(read('palisade/alice/cpu.max')).toBe('150000 100000')
    expect(read('palisade/alice/memory.max')).toBe('4096000')
    expect(read('palisade/alice/memory.swap.max')).toBe('0')
    expect(read('palisade/alice/pids.max')).toBe('300')
    expect(await cgroups.observe('alice')).toEqual({ cpuMillis: 1500, memoryBytes: 4_096_000, pids: 300 })
  })

  test('services get the memory of the total less what is kept for the engine', async () => {
    await cgroups.ensure('alice', allocation, { cpuMillis: 1500, memoryBytes: 1024 * MEBIBYTE, pids: 300 })
    expect(read('palisade/alice/services/memory.max')).toBe(`${864 * MEBIBYTE}`)
    expect(read('palisade/alice/services/memory.swap.max')).toBe('0')
    expect(read('palisade/alice/engine/memory.max')).toBe('max\n')
    writeFileSync(join(root, 'palisade/alice/services/memory.max'), 'max\n')
    expect(await cgroups.observe('alice')).toBe('incomplete')
  })

  test('reads and writes are limited for the whole tenant, on every disk', async () => {
    const io = { readBytes: 10_485_760, writeBytes: UNLIMITED, readOperations: UNLIMITED, writeOperations: 500 }
    await cgroups.ensure('alice', allocation, { cpuMillis: 1000, memoryBytes: 4096, pids: 1 })
    expect(await cgroups.observeIo('alice')).toEqual(NO_IO_LIMITS)
    await cgroups.limitIo('alice', io)
    expect(read('palisade/alice/io.max')).toBe('254:0 rbps=10485760 wbps=max riops=max wiops=500')
    expect(await cgroups.observeIo('alice')).toEqual(io)
    writeFileSync(join(root, 'palisade/alice/io.max'), '8:16 rbps=1 wbps=1 riops=1 wiops=1\n')
    expect(await cgroups.observeIo('alice')).toEqual(NO_IO_LIMITS)
  })

  test('a disk that is not limited as the others are is seen', async () => {
    const options = { instance: 'palisade', hierarchy: detectCgroups(root), clock: systemClock, procRoot: root }
    const both = createCgroups({ ...options, disks: () => ['254:0', '8:16'] })
    writeFileSync(join(root, 'palisade/alice/io.max'), '254:0 rbps=1048576 wbps=max riops=max wiops=max\n')
    expect(await both.observeIo('alice')).toEqual(NO_IO_LIMITS)
    appendFileSync(join(root, 'palisade/alice/io.max'), '8:16 rbps=1048576 wbps=max riops=max wiops=max\n')
    expect(await both.observeIo('alice')).toEqual({ ...NO_IO_LIMITS, readBytes: MEBIBYTE })
  })

  test('a kernel without the controller is told of', async () => {
    writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory pids\n')
    const hierarchy = detectCgroups(root)
    const without = createCgroups({
      instance: 'palisade',
      hierarchy,
      clock: systemClock,
      disks: () => ['254:0'],
      procRoot: root,
    })
    expect(await without.observeIo('alice')).toMatchObject({ reason: 'NoIoController' })
    await without.limitIo('alice', { ...NO_IO_LIMITS, readBytes: MEBIBYTE })
    expect(read('palisade/alice/io.max')).toBe('')
  })

  test.each([
    ['swap that is not counted', '1048576 kB', true, 'SwapNotCounted'],
    ['swap that is counted', '1048576 kB', false, undefined],
    ['no swap', '0 kB', true, undefined],
  ])('%s', async (_what, total, uncounted, reason) => {
    writeFileSync(join(root, 'meminfo'), `MemTotal:  1 kB\nSwapTotal:  ${total}\n`)
    if (uncounted) rmSync(join(root, 'palisade/alice/memory.swap.max'))
    expect(await cgroups.observeSwap('alice')).toEqual(reason ? expect.objectContaining({ reason }) : 'counted')
  })

  test('controllers are enabled from the root down to the services, and not where processes live', async () => {
    await cgroups.ensure('alice', allocation, { cpuMillis: 1000, memoryBytes: 4096, pids: 1 })
    for (const group of ['', 'palisade', 'palisade/alice', 'palisade/alice/services'])
      expect(read(group, 'cgroup.subtree_control')).toBe('+cpu +memory +pids +cpuset +io')
    expect(read('palisade/alice/engine/cgroup.subtree_control')).toBe('\n')
  })

  test('enabled controllers are not enabled again', async () => {
    writeFileSync(join(root, 'cgroup.subtree_control'), 'cpuset cpu io memory pids\n')
    await cgroups.ensure('alice', allocation, { cpuMillis: 1000, memoryBytes: 4096, pids: 1 })
    expect(read('cgroup.subtree_control')).toBe('cpuset cpu io memory pids\n')
  })

  test('a missing controller is named', async () => {
    writeFileSync(join(root, 'cgroup.controllers'), 'cpu pids\n')
    const ensured = cgroups.ensure('alice', allocation, { cpuMillis: 1000, memoryBytes: 4096, pids: 1 })
    await expect(ensured).rejects.toThrow(/memory/)
  })

  test.runIf(process.getuid?.() === 0)('the tenant is given what moving takes, and no limit', async () => {
    const tenant = { ...allocation, uid: 12_345, gid: 12_345 }
    await cgroups.ensure('alice', tenant, { cpuMillis: 1000, memoryBytes: 4096, pids: 1 })
    const owner = (...path: string[]) => statSync(join(root, 'palisade/alice', ...path)).uid
    for (const group of ['.', 'engine', 'services'])
      for (const file of ['.', 'cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'])
        expect(owner(group, file)).toBe(12_345)
    for (const file of ['memory.max', 'memory.swap.max', 'cpu.max', 'pids.max']) expect(owner(file)).toBe(0)
    expect(statSync(join(root, 'palisade')).uid).toBe(0)
  })

  test('limits of services are read from the groups that the engine makes', async () => {
    const id = 'a'.repeat(64)
    makeGroup(join(root, 'palisade/alice/services', id))
    writeFileSync(join(root, 'palisade/alice/services', id, 'cpu.max'), '50000 100000\n')
    writeFileSync(join(root, 'palisade/alice/services', id, 'memory.max'), '67108864\n')
    writeFileSync(join(root, 'palisade/alice/services', id, 'memory.swap.max'), '0\n')
    const observed = await cgroups.observeServices('alice', [id, 'b'.repeat(64), '../engine'])
    const limits = { cpuMillis: 500, memoryBytes: 67_108_864, pids: Number.POSITIVE_INFINITY }
    expect([...observed]).toEqual([[id, limits]])
  })

  test('everything is ended at once by cgroup.kill', async () => {
    const procs = join(root, 'palisade/alice/services/cgroup.procs')
    writeFileSync(procs, '2147483647\n')
    const killFile = join(root, 'palisade/alice/cgroup.kill')
    writeFileSync(killFile, '')
    const ending = cgroups.endProcesses('alice')
    expect(readFileSync(killFile, 'utf8')).toBe('1')
    writeFileSync(procs, '')
    await ending
  })

  test('a process writes itself into the one leaf', () => {
    expect(cgroups.processFiles('alice')).toEqual([join(root, 'palisade/alice/engine/cgroup.procs')])
    expect(cgroups.servicesParent('alice')).toBe('/palisade/alice/services')
  })
})
