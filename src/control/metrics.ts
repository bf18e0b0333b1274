import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Condition } from '../ports/store.ts'
import type { Transferred, Usage } from '../ports/usage.ts'
import type { PassEnd } from './controller.ts'
import { HOST_KEY, type Key } from './controller.ts'

const PASS_SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300]

export interface MetricsOptions {
  readonly version: string
  /** What accounts use now, by account; asked for at each scrape with the host ends of their NICs. */
  readonly readUsages: (interfaces: ReadonlyMap<string, string>) => ReadonlyMap<string, Usage>
  /** Keys that wait for a pass that is due. */
  readonly queueDepth: () => number
}

/** What Prometheus is told, read when it asks: nothing is done for it between scrapes. */
export interface Metrics {
  readonly contentType: string
  /** Text exposition format 0.0.4. */
  text(): Promise<string>
  /** An account has a NIC of that name. */
  stands(account: string, interfaceName: string): void
  told(account: string, conditions: readonly Condition[]): void
  passed(key: Key, end: PassEnd, seconds: number, endedAtMs: number): void
  forget(account: string): void
}

const passMetrics = (registers: [Registry]) => {
  const labelNames = ['kind'] as const
  const ended = new Counter({
    name: 'palisade_reconcile_total',
    help: 'Passes that have ended, by kind of object and by what follows: idle, wait, retry, gone, superseded.',
    labelNames: ['kind', 'result'],
    registers,
  })
  const seconds = new Histogram({
    name: 'palisade_reconcile_duration_seconds',
    help: 'How long passes took.',
    buckets: PASS_SECONDS,
    labelNames,
    registers,
  })
  const last = new Gauge({
    name: 'palisade_reconcile_last_timestamp_seconds',
    help: 'When the last pass ended, since the epoch.',
    labelNames,
    registers,
  })
  return (key: Key, result: PassEnd, duration: number, endedAtMs: number): void => {
    const kind = key === HOST_KEY ? 'Host' : 'Account'
    ended.inc({ kind, result })
    seconds.observe({ kind }, duration)
    last.set({ kind }, endedAtMs / 1000)
  }
}

const usageMetrics = (registers: [Registry]) => {
  const labelNames = ['account'] as const
  const cpu = new Counter({
    name: 'palisade_account_cpu_seconds_total',
    help: 'Processor time of the tenant, since its control group was made.',
    labelNames,
    registers,
  })
  const memory = new Gauge({
    name: 'palisade_account_memory_bytes',
    help: 'Memory of the tenant, page cache included.',
    labelNames,
    registers,
  })
  const pids = new Gauge({
    name: 'palisade_account_pids',
    help: 'Processes and threads of the tenant.',
    labelNames,
    registers,
  })
  const transferred = new Counter({
    name: 'palisade_account_transferred_bytes_total',
    help: 'Bytes toward the tenant (in) and out of it, since its NIC was made.',
    labelNames: ['account', 'direction'],
    registers,
  })
  const all = [cpu, memory, pids, transferred]
  const count = (account: string, { in: inward, out }: Transferred): void => {
    transferred.inc({ account, direction: 'in' }, inward)
    transferred.inc({ account, direction: 'out' }, out)
  }
  return (usages: ReadonlyMap<string, Usage>): void => {
    for (const metric of all) metric.reset()
    for (const [account, usage] of usages) {
      if (usage.cpuSeconds !== undefined) cpu.inc({ account }, usage.cpuSeconds)
      if (usage.memoryBytes !== undefined) memory.set({ account }, usage.memoryBytes)
      if (usage.pids !== undefined) pids.set({ account }, usage.pids)
      if (usage.transferred !== undefined) count(account, usage.transferred)
    }
  }
}

const stateMetrics = (registers: [Registry], version: string) => {
  const info = new Gauge({
    name: 'palisade_build_info',
    help: 'Always 1.',
    labelNames: ['version'],
    registers,
  })
  info.set({ version }, 1)
  const depth = new Gauge({
    name: 'palisade_queue_depth',
    help: 'Objects whose pass is due and has not begun.',
    registers,
  })
  const condition = new Gauge({
    name: 'palisade_account_condition',
    help: 'Conditions of the account: 1 when True, 0 when False or Unknown.',
    labelNames: ['account', 'type'],
    registers,
  })
  return (queued: number, conditions: ReadonlyMap<string, readonly Condition[]>): void => {
    depth.set(queued)
    condition.reset()
    for (const [account, told] of conditions)
      for (const { type, status } of told) condition.set({ account, type }, status === 'True' ? 1 : 0)
  }
}

export const createMetrics = ({ version, readUsages, queueDepth }: MetricsOptions): Metrics => {
  const registry = new Registry()
  const passed = passMetrics([registry])
  const showUsage = usageMetrics([registry])
  const showState = stateMetrics([registry], version)
  const interfaces = new Map<string, string>()
  const conditions = new Map<string, readonly Condition[]>()
  return {
    contentType: registry.contentType,
    passed,
    stands: (account, interfaceName) => void interfaces.set(account, interfaceName),
    told: (account, seen) => void conditions.set(account, seen),
    forget(account) {
      interfaces.delete(account)
      conditions.delete(account)
    },
    async text() {
      showUsage(readUsages(interfaces))
      showState(queueDepth(), conditions)
      return registry.metrics()
    },
  }
}
