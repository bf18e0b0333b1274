import type { IoLimits, Unenforced } from '../../plan/resources.ts'
import type { CgroupHierarchy } from './cgroup-hierarchy.ts'
import type { Disks } from './disks.ts'

const NO_CONTROLLER: Unenforced = {
  reason: 'NoIoController',
  message: 'the kernel has no control group controller for disks: io on cgroup v2, blkio on v1',
}

/** The loosest of the disks: as wanted only when all of them are. */
const loosest = (one: IoLimits, other: IoLimits): IoLimits => ({
  readBytes: Math.max(one.readBytes, other.readBytes),
  writeBytes: Math.max(one.writeBytes, other.writeBytes),
  readOperations: Math.max(one.readOperations, other.readOperations),
  writeOperations: Math.max(one.writeOperations, other.writeOperations),
})

/** What a tenant may do to the disks that the trees are on. `group` is the tenant's, such as `palisade/alice`. */
export const createTenantIo = (hierarchy: CgroupHierarchy, disks: () => Disks) => ({
  observe(group: string): IoLimits | Unenforced {
    const found = hierarchy.limitsIo ? disks() : NO_CONTROLLER
    return 'reason' in found ? found : found.map((disk) => hierarchy.readIo(group, disk)).reduce(loosest)
  },

  /** Sets what differs; does nothing where it can't be enforced. */
  limit(group: string, io: IoLimits): void {
    const found = hierarchy.limitsIo ? disks() : NO_CONTROLLER
    if ('reason' in found) return
    for (const disk of found) hierarchy.writeIo(group, disk, io)
  },
})
