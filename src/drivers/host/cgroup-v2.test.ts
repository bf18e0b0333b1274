import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Allocation } from '../../plan/resources.ts'
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
}

const FRESH: Readonly<Record<string, string>> = {
  'cgroup.controllers': 'cpuset cpu io memory pids\n',
  'cgroup.subtree_control': '\n',
  'cgroup.procs': '',
  'cgroup.threads': '',
  'cpu.max': 'max 100000\n',
  'memory.max': 'max\n',
  'memory.swap.max': 'max\n',
  'pids.max': 'max\n',
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
    cgroups = createCgroups({ instance: 'palisade', hierarchy: detectCgroups(root), clock: systemClock })
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
