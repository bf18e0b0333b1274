import { join } from 'node:path'
import type { Unenforced } from '../../plan/resources.ts'
import type { CgroupHierarchy } from './cgroup-hierarchy.ts'
import { readKernelFile } from './kernel-files.ts'

const NOT_COUNTED: Unenforced = {
  reason: 'SwapNotCounted',
  message:
    'the kernel does not count what is swapped out, so a tenant may use all of the swap: boot with swapaccount=1, or turn swap off',
}

/** `procRoot` is usually `/proc`: proc_meminfo(5). */
const hasSwap = (procRoot: string): boolean =>
  Number(/^SwapTotal:\s+(\d+)/m.exec(readKernelFile(join(procRoot, 'meminfo')) ?? '')?.[1] ?? 0) > 0

/** Whether swap counts toward a group's limit of memory; on a host without swap nothing is missing. */
export const observeSwapAccounting = (
  hierarchy: CgroupHierarchy,
  group: string,
  procRoot: string,
): 'counted' | Unenforced => {
  const isMade = hierarchy.readLimits(group) !== 'absent'
  return isMade && !hierarchy.countsSwap(group) && hasSwap(procRoot) ? NOT_COUNTED : 'counted'
}
