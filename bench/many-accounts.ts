import { inOwnProcess } from './own-process.ts'
import type { Result } from './result.ts'

const ACCOUNTS = 1_000

const numberOf = (printed: unknown, name: string): number => {
  const value =
    typeof printed === 'object' && printed !== null
      ? Object.entries(printed).find(([key]) => key === name)?.[1]
      : undefined
  if (typeof value !== 'number') throw new Error(`the measuring process printed no ${name}`)
  return value
}

/** (c): what it costs to look after many accounts that want nothing. */
export const measureManyAccounts = async (signal: AbortSignal): Promise<readonly Result[]> => {
  const printed = await inOwnProcess('many-accounts-process', ACCOUNTS, signal)
  const common = { id: 'c', kind: 'limit' } as const
  return [
    { ...common, title: '1,000 accounts: CPU per idle pass', unit: 'ms', value: numberOf(printed, 'cpuMs'), goal: 1 },
    {
      ...common,
      title: '1,000 accounts: resident memory',
      unit: 'MB',
      value: numberOf(printed, 'residentMb'),
      goal: 200,
    },
    {
      id: 'c',
      kind: 'info',
      title: '1,000 accounts: highest memory',
      unit: 'MB',
      value: numberOf(printed, 'highestMb'),
    },
  ]
}
