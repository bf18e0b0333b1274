import { PlanBuilder } from './plan-builder.ts'
import type { Allocation } from './resources.ts'
import type { Plan, ResourceId } from './steps.ts'

export interface StopInput {
  readonly account: string
  readonly allocation: Allocation
  readonly inventory: ReadonlySet<ResourceId>
}

/** The steps that stop a tenant and keep all that it has: the next pass starts it again. */
export const makeStopPlan = ({ account, allocation, inventory }: StopInput): Plan => {
  const builder = new PlanBuilder()
  const cause = 'the host is being taken down'
  const sandbox = `sandbox/${account}` as const
  const nic = `nic/${account}` as const
  const shaper = `shaper/${account}` as const
  if (inventory.has(sandbox)) {
    builder.add({ action: 'stopServices', args: {}, target: sandbox, cause })
    builder.add({ action: 'stopSandbox', args: {}, target: sandbox, cause })
  }
  if (inventory.has(nic))
    builder.add({
      action: 'detachNic',
      args: { interface: allocation.interface },
      target: nic,
      cause,
      needs: [sandbox],
    })
  if (inventory.has(shaper))
    builder.add({
      action: 'dropShaper',
      args: { interface: allocation.interface },
      target: shaper,
      cause,
      needs: [nic],
    })
  builder.add({ action: 'dropCgroup', args: {}, target: `cgroup/${account}`, cause, needs: [sandbox] })
  return builder.build()
}
