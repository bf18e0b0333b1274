import { PlanBuilder } from './plan-builder.ts'
import type { Plan, ResourceId } from './steps.ts'

/** What of a tenant may still stand. */
export interface DeletionInput {
  readonly account: string
  readonly interface: string
  readonly inventory: ReadonlySet<ResourceId>
  /** Hosts of the account that the edge has an entry for. */
  readonly routes: readonly string[]
  /** Zones that are served on the account's behalf. */
  readonly zones: readonly string[]
  readonly retainData: boolean
}

/** The steps that end a tenant: no request reaches it, nothing of it runs, its data is archived, its name is free. */
export const makeDeletionPlan = ({ account, inventory, routes, zones, retainData, ...input }: DeletionInput): Plan => {
  const builder = new PlanBuilder()
  const cause = `the spec of ${account} is gone`
  for (const host of routes) builder.add({ action: 'withdrawRoute', args: { host }, target: `route/${host}`, cause })
  for (const name of zones) builder.add({ action: 'dropZone', args: { name }, target: `zone/${name}`, cause })
  const ids = {
    context: `context/${account}`,
    sandbox: `sandbox/${account}`,
    nic: `nic/${account}`,
    shaper: `shaper/${account}`,
    policy: `policy/${account}`,
    cgroup: `cgroup/${account}`,
    quota: `quota/${account}`,
    tree: `tree/${account}`,
    user: `user/${account}`,
  } as const
  if (inventory.has(ids.context)) builder.add({ action: 'dropContext', args: {}, target: ids.context, cause })
  if (inventory.has(ids.sandbox)) {
    builder.add({ action: 'stopServices', args: {}, target: ids.sandbox, cause })
    builder.add({ action: 'stopSandbox', args: {}, target: ids.sandbox, cause })
  }
  if (inventory.has(ids.nic))
    builder.add({
      action: 'detachNic',
      args: { interface: input.interface },
      target: ids.nic,
      cause,
      needs: [ids.sandbox],
    })
  if (inventory.has(ids.shaper))
    builder.add({
      action: 'dropShaper',
      args: { interface: input.interface },
      target: ids.shaper,
      cause,
      needs: [ids.nic],
    })
  if (inventory.has(ids.policy))
    builder.add({
      action: 'dropOutbound',
      args: { interface: input.interface },
      target: ids.policy,
      cause,
      needs: [ids.nic],
    })
  if (inventory.has(ids.cgroup))
    builder.add({ action: 'dropCgroup', args: {}, target: ids.cgroup, cause, needs: [ids.sandbox] })
  // First, so that an archive is counted to nobody, and what is written into it meets no limit.
  if (inventory.has(ids.quota))
    builder.add({
      action: 'dropStorageLimits',
      args: {},
      target: ids.quota,
      cause,
      needs: [ids.sandbox, ids.cgroup],
    })
  if (inventory.has(ids.tree))
    builder.add({
      action: 'archiveTree',
      args: { retain: retainData },
      target: ids.tree,
      cause,
      needs: [ids.sandbox, ids.cgroup, ids.quota],
    })
  if (inventory.has(ids.user))
    builder.add({ action: 'dropUser', args: {}, target: ids.user, cause, needs: [ids.cgroup, ids.quota, ids.tree] })
  return builder.build()
}
