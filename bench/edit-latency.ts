import { inOwnProcess } from './own-process.ts'
import type { Result } from './result.ts'
import { median, percentile } from './statistics.ts'

/** With one, and with so many that reading all files again costs something. */
const ACCOUNTS = [1, 1_000]

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number')

const results = (accounts: number, latencies: readonly number[]): readonly Result[] => {
  const title = `edit among ${accounts.toLocaleString('en')} to first change`
  const common = { id: 'd', unit: 'ms' } as const
  return [
    { ...common, kind: 'limit', title: `${title}: p95`, value: percentile(latencies, 0.95), goal: 100 },
    { ...common, kind: 'info', title: `${title}: median`, value: median(latencies) },
  ]
}

/** (d): from the closing of an edited file to the first changing call. */
export const measureEditLatency = async (signal: AbortSignal): Promise<readonly Result[]> => {
  const all: Result[] = []
  for (const accounts of ACCOUNTS) {
    const latencies = await inOwnProcess('edit-latency-process', accounts, signal)
    if (!isNumbers(latencies)) throw new Error('the measuring process printed no milliseconds')
    all.push(...results(accounts, latencies))
  }
  return all
}
