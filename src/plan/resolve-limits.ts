import { DEFAULT_LIMITS } from '../api/default-limits.ts'
import type { AccountSpec } from '../api/generated/account.ts'
import type { PlanSpec } from '../api/generated/plan.ts'
import { parseBits, parseBytes, parseCpuMillis } from '../api/quantity.ts'
import { wholePages } from './pages.ts'
import type { ResolvedAccount } from './resolved-account.ts'
import { UNLIMITED } from './resources.ts'

type Quantity = string | number

const parsed = (value: Quantity | undefined, parse: (value: Quantity) => number): number =>
  value === undefined ? UNLIMITED : parse(value)

/** Bits per second, in whole bytes: the kernel knows no other rate. */
const rate = (value: Quantity | undefined): number => {
  const bits = parsed(value, parseBits)
  return bits === UNLIMITED ? UNLIMITED : bits - (bits % 8)
}

/** Field by field the account's own limits, else its plan's, else the usual ones. */
export const resolveLimits = (
  { limits: own }: Pick<AccountSpec, 'limits'>,
  plan: PlanSpec | undefined,
): Pick<ResolvedAccount, 'limits' | 'io' | 'storage' | 'bandwidth'> => {
  const usual = plan?.defaults.limits
  const limits = { ...DEFAULT_LIMITS, ...usual, ...own }
  const io = { ...usual?.io, ...own.io }
  const bandwidth = { ...usual?.bandwidth, ...own.bandwidth }
  return {
    limits: {
      cpuMillis: parseCpuMillis(limits.cpu),
      memoryBytes: wholePages(parseBytes(limits.memory)),
      pids: limits.pids,
    },
    io: {
      readBytes: parsed(io.read, parseBytes),
      writeBytes: parsed(io.write, parseBytes),
      readOperations: io.readOperations ?? UNLIMITED,
      writeOperations: io.writeOperations ?? UNLIMITED,
    },
    storage: { bytes: parsed(limits.storage, parseBytes), inodes: limits.inodes ?? UNLIMITED },
    bandwidth: { in: rate(bandwidth.in), out: rate(bandwidth.out) },
  }
}
