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
  const line = (title: string, name: string) => ({
    id: 'c',
    title: `1,000 accounts: ${title}`,
    unit: name.endsWith('Ms') ? ('ms' as const) : ('MB' as const),
    value: numberOf(printed, name),
  })
  return [
    { ...line('CPU per idle pass', 'cpuMs'), kind: 'limit', goal: 1 },
    { ...line('resident memory', 'residentMb'), kind: 'limit', goal: 200 },
    { ...line('highest memory', 'highestMb'), kind: 'info' },
    { ...line('in use after a collection', 'usedMb'), kind: 'info' },
    { ...line("of that, the simulated host's", 'hostMb'), kind: 'info' },
  ]
}
