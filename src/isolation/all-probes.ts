import { EXHAUSTION_PROBES } from './exhaustion-probes.ts'
import { FILE_PROBES } from './file-probes.ts'
import { KERNEL_PROBES } from './kernel-probes.ts'
import { LIMIT_PROBES } from './limit-probes.ts'
import { NETWORK_PROBES } from './network-probes.ts'
import { GROUPS, type Probe } from './probe.ts'

const probes: readonly Probe[] = [
  ...NETWORK_PROBES,
  ...FILE_PROBES,
  ...KERNEL_PROBES,
  ...LIMIT_PROBES,
  ...EXHAUSTION_PROBES,
]

/** Group by group; what uses something up comes last. */
export const ALL_PROBES: readonly Probe[] = GROUPS.flatMap((group) => probes.filter((probe) => probe.group === group))
