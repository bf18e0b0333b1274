import { isIoLimited, isSameIo } from '../plan/io-limits.ts'
import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import { isLimited, isSameBandwidth } from '../plan/rules/shaper.ts'
import type { Verdict } from './conditions.ts'

const IO = 'IoLimitEnforced'
const BANDWIDTH = 'BandwidthLimitEnforced'
const SWAP = 'SwapLimitEnforced'

const ioVerdict = ({ io: wanted }: DesiredTenant, { io }: ObservedTenant): Verdict[] => {
  if (!isIoLimited(wanted)) return []
  if ('reason' in io) return [{ type: IO, status: 'False', reason: io.reason, message: io.message }]
  return isSameIo(io, wanted)
    ? [{ type: IO, status: 'True', reason: 'AsDesired', message: '' }]
    : [{ type: IO, status: 'False', reason: 'Pending', message: 'the kernel enforces other limits' }]
}

const swapVerdict = ({ swap }: ObservedTenant): Verdict[] =>
  swap === 'counted' ? [] : [{ type: SWAP, status: 'False', reason: swap.reason, message: swap.message }]

const bandwidthVerdict = ({ bandwidth: wanted }: DesiredTenant, { bandwidth }: ObservedTenant): Verdict[] => {
  if (!isLimited(wanted)) return []
  if ('reason' in bandwidth) return [{ type: BANDWIDTH, status: 'False', ...bandwidth }]
  return isSameBandwidth(bandwidth, wanted)
    ? [{ type: BANDWIDTH, status: 'True', reason: 'AsDesired', message: '' }]
    : [{ type: BANDWIDTH, status: 'False', reason: 'Pending', message: 'the kernel enforces other limits' }]
}

/**
 * Whether limits hold that not every host can enforce; of those that were not asked for, nothing. They don't decide on
 * Ready: the sites are served, and what is missing is the host's.
 */
export const limitVerdicts = (desired: DesiredTenant, observed: ObservedTenant): Verdict[] => [
  ...ioVerdict(desired, observed),
  ...bandwidthVerdict(desired, observed),
  ...swapVerdict(observed),
]
