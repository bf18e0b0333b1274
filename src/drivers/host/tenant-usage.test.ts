import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseTransferred, readUsage } from './tenant-usage.ts'

let root: string

const write = async (path: string, text: string) => {
  const file = join(root, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, text)
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'palisade-cgroup-'))
})

afterEach(() => rm(root, { recursive: true, force: true }))

it('reads control groups of version 2', async () => {
  await write('cgroup.controllers', 'cpu memory pids')
  await write('palisade/alice/memory.current', '1048576\n')
  await write('palisade/alice/pids.current', '7\n')
  await write('palisade/alice/cpu.stat', 'usage_usec 2500000\nuser_usec 1\n')
  expect(readUsage(root, 'palisade/alice')).toEqual({ memoryBytes: 1_048_576, pids: 7, cpuSeconds: 2.5 })
})

it('reads control groups of version 1', async () => {
  for (const controller of ['cpu', 'cpuacct', 'memory', 'pids']) await write(`${controller}/tasks`, '')
  await write('memory/palisade/alice/memory.usage_in_bytes', '4096\n')
  await write('pids/palisade/alice/pids.current', '3\n')
  await write('cpu/palisade/alice/cpu.stat', 'nr_periods 0\n')
  await write('cpuacct/palisade/alice/cpuacct.usage', '500000000\n')
  expect(readUsage(root, 'palisade/alice')).toEqual({ memoryBytes: 4096, pids: 3, cpuSeconds: 0.5 })
})

it('knows nothing of a tenant without a group, or of a host without control groups', async () => {
  expect(readUsage(root, 'palisade/alice')).toBeUndefined()
  await write('cgroup.controllers', 'cpu memory pids')
  expect(readUsage(root, 'palisade/alice')).toBeUndefined()
})

it('reads what went through interfaces, as seen from behind them', () => {
  const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0
  pal0:1234567890123      17    0    0    0     0          0         0    4096      23    0    0    0     0       0          0
`
  expect(parseTransferred(table)).toEqual(
    new Map([
      ['lo', { in: 9, out: 9 }],
      ['pal0', { in: 4096, out: 1_234_567_890_123 }],
    ]),
  )
})
