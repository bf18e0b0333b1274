import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/drivers/clock.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { createShapers, outwardInterface } from '../../src/drivers/host/shapers.ts'
import { allocationOf } from '../../src/plan/allocation.ts'
import { UNLIMITED } from '../../src/plan/resources.ts'
import { describeShapers } from '../contract/host-shapers.ts'
import { eventually } from '../fixtures/eventually.ts'
import { testSettings } from '../fixtures/host-settings.ts'
import { measureRate, shapedLink } from '../fixtures/shaped-link.ts'

const settings = testSettings('/run/pl6', { instance: 'pl6', interfacePrefix: 'pl6', ipv4Pool: '10.115.0.0/16' })
const allocation = allocationOf(settings, 9_000)
const account = 'pl6shaped'
const nic = allocation.interface
const shapers = createShapers({ settings, runProgram, clock: systemClock })
const link = shapedLink(settings, allocation)
const MEGABIT = 1_000_000

const shape = (device: string, rate: string): readonly string[] => [
  'qdisc',
  'replace',
  'dev',
  device,
  'root',
  'handle',
  '1:',
  ...'tbf burst 100000b latency 50ms rate'.split(' '),
  rate,
]

const seen = async (): Promise<string> => JSON.stringify(await shapers.observe(allocation))

beforeAll(() => link.make())
afterAll(() => link.remove())

describe('the contract', () => {
  beforeAll(() => link.detach())
  afterAll(() => link.attach())

  describeShapers('the tc driver', () => ({
    shapers,
    account,
    allocation,
    attachNic: link.attach,
    detachNic: link.detach,
  }))
})

describe('a limit of bandwidth', () => {
  afterEach(() => shapers.drop(nic))

  test.each([
    [10, 'in'],
    [10, 'out'],
    [100, 'in'],
    [100, 'out'],
    [500, 'in'],
    [500, 'out'],
  ] as const)(
    'of %i Mbit/s %s is kept within 5 percent over 10 s, for IPv4 and IPv6 together',
    async (rate, direction) => {
      await shapers.ensure(account, allocation, { in: rate * MEGABIT, out: rate * MEGABIT })
      const { passed, crossed } = await measureRate(link, direction, 10)
      expect(passed / MEGABIT).toBeGreaterThan(rate * 0.95)
      expect(passed / MEGABIT).toBeLessThan(rate * 1.05)
      expect(crossed / MEGABIT).toBeLessThan(rate * 1.05)
    },
  )

  test('is changed and lifted while a connection goes on', async () => {
    await shapers.ensure(account, allocation, { in: 10 * MEGABIT, out: 10 * MEGABIT })
    for (const direction of ['in', 'out'] as const) {
      const socket = await link.flood(direction, 4)
      const rates = { in: 50 * MEGABIT, out: 50 * MEGABIT }
      await shapers.ensure(account, allocation, rates)
      const before = await link.passed(direction)
      await eventually('more passes than the former limit allows', async () => {
        return (await link.passed(direction)) - before > 3 * MEGABIT
      })
      expect(socket.destroyed).toBe(false)
      await shapers.ensure(account, allocation, { in: UNLIMITED, out: UNLIMITED })
      const moved = () => socket.bytesRead + socket.bytesWritten
      const atLift = moved()
      await eventually('data goes on', async () => moved() > atLift + 10 * MEGABIT)
      expect(socket.destroyed).toBe(false)
      socket.destroy()
      await shapers.ensure(account, allocation, { in: 10 * MEGABIT, out: 10 * MEGABIT })
    }
  })

  const wanted = { in: 20 * MEGABIT, out: 30 * MEGABIT }
  test.each([
    ['the queue toward it', 'tc', ['qdisc', 'delete', 'dev', nic, 'root'], { in: UNLIMITED, out: wanted.out }],
    ['the rate toward it', 'tc', shape(nic, '40mbit'), { in: 40 * MEGABIT, out: wanted.out }],
    ['the redirect', 'tc', ['filter', 'delete', 'dev', nic, 'ingress'], { in: wanted.in, out: UNLIMITED }],
    ['the ingress', 'tc', ['qdisc', 'delete', 'dev', nic, 'ingress'], { in: wanted.in, out: UNLIMITED }],
    ['the queue out of it', 'tc', ['qdisc', 'delete', 'dev', `${nic}o`, 'root'], { in: wanted.in, out: UNLIMITED }],
    ['the interface out of it', 'ip', ['link', 'delete', `${nic}o`], { in: wanted.in, out: UNLIMITED }],
  ] as const)('is seen to lack %s, and healed', async (_what, program, args, damaged) => {
    await shapers.ensure(account, allocation, wanted)
    await runProgram(program, args)
    await eventually('the damage is seen', async () => (await seen()) === JSON.stringify(damaged))
    await shapers.ensure(account, allocation, wanted)
    expect(await shapers.observe(allocation)).toEqual(wanted)
  })

  test('leaves no trace when it is dropped', async () => {
    await shapers.ensure(account, allocation, wanted)
    await shapers.drop(nic)
    expect(existsSync(`/sys/class/net/${outwardInterface(nic)}`)).toBe(false)
    const queues = await runProgram('tc', ['qdisc', 'show', 'dev', nic])
    expect(queues).not.toMatch(/tbf|ingress/)
  })

  test('is not built on an interface of someone else, nor does it delete that', async () => {
    const block = outwardInterface(nic)
    await runProgram('ip', ['link', 'add', 'name', block, 'type', 'ifb'])
    try {
      await expect(shapers.ensure(account, allocation, wanted)).rejects.toMatchObject({ reason: 'NameTaken' })
      await expect(shapers.drop(nic)).rejects.toMatchObject({ reason: 'NameTaken' })
      expect(existsSync(`/sys/class/net/${block}`)).toBe(true)
    } finally {
      await runProgram('ip', ['link', 'delete', block])
    }
  })

  test('that the kernel has no means for is told, not thrown', async () => {
    const without = createShapers({
      settings,
      clock: systemClock,
      runProgram: (file, args, options) =>
        runProgram(file, file === 'ip' ? args.map((arg) => (arg === 'ifb' ? 'nosuchkind' : arg)) : args, options),
    })
    await without.ensure(account, allocation, wanted)
    expect(await without.observe(allocation)).toEqual({
      reason: 'BandwidthUnsupported',
      message: expect.stringContaining('Unknown device type'),
    })
  })
})
