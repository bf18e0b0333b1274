import { SUBORDINATE_IDS } from '../allocation.ts'
import type { Planning } from '../plan-builder.ts'
import type { ObservedTenant, OutboundPolicy, TenantLimits } from '../resources.ts'

/** False when the account can't have its user: nothing else may be made then. */
export const planUser = ({ desired, observed, builder }: Planning): boolean => {
  const target = `user/${desired.account}` as const
  if (observed.user === 'foreign') {
    const message = `the system user or group ${desired.account} exists and is not Palisade's: rename the account, or remove the user`
    builder.block({ target, reason: 'NameTaken', message })
    return false
  }
  if (observed.user === 'overlapping') {
    const { uid, gid, subIdBase } = desired.allocation
    const ids = `uid ${uid}, gid ${gid} and the subordinate ids ${subIdBase} to ${subIdBase + SUBORDINATE_IDS - 1}`
    const message = `someone else on this host has ids of the account, which are ${ids}: see /etc/passwd, /etc/group, /etc/subuid and /etc/subgid`
    builder.block({ target, reason: 'IdsTaken', message })
    return false
  }
  if (observed.user !== 'ours') {
    const cause = observed.user === 'absent' ? 'the system user is missing' : 'the system user is not as recorded'
    builder.add({ action: 'ensureUser', args: { allocation: desired.allocation }, target, cause })
  }
  return true
}

const describeLimits = (limits: TenantLimits): string =>
  `cpu ${limits.cpuMillis}m, memory ${limits.memoryBytes}, pids ${limits.pids}`

const causeOfLimits = (seen: ObservedTenant['cgroup'], wanted: TenantLimits): string => {
  if (seen === 'absent') return 'the control group is missing'
  if (seen === 'incomplete') return "services may take the engine's part of the memory"
  return `the kernel enforces ${describeLimits(seen)}, wanted is ${describeLimits(wanted)}`
}

export const planCgroup = ({ desired, observed, builder }: Planning): void => {
  const { account, limits } = desired
  const seen = observed.cgroup
  if (
    seen !== 'absent' &&
    seen !== 'incomplete' &&
    seen.cpuMillis === limits.cpuMillis &&
    seen.memoryBytes === limits.memoryBytes &&
    seen.pids === limits.pids
  )
    return
  builder.add({
    action: 'setTenantLimits',
    args: { limits },
    target: `cgroup/${account}`,
    cause: causeOfLimits(seen, limits),
    needs: [`user/${account}`],
  })
}

export const planSandbox = ({ desired, observed, inventory, builder }: Planning): void => {
  const { account } = desired
  if (observed.sandbox !== 'absent') return
  const target = `sandbox/${account}` as const
  const cause = 'the process that holds the namespaces is missing'
  const needs = [`user/${account}`, `cgroup/${account}`, `quota/${account}`, `tree/${account}`] as const
  if (inventory.has(target))
    builder.add({
      action: 'stopSandbox',
      args: {},
      target,
      cause: 'what is left of the former sandbox must end',
      needs,
    })
  builder.add({ action: 'startSandbox', args: {}, target, cause, needs })
}

const describePolicy = ({ internet, smtp, hostedSites, privateRanges }: OutboundPolicy): string => {
  const open = [
    ...(internet ? ['the internet'] : []),
    ...(smtp ? ['mail servers'] : []),
    ...(hostedSites ? ['sites of this host'] : []),
    ...privateRanges,
  ]
  return open.length === 0 ? 'nothing' : open.join(', ')
}

const isSamePolicy = (one: OutboundPolicy, other: OutboundPolicy): boolean =>
  one.internet === other.internet &&
  one.smtp === other.smtp &&
  one.hostedSites === other.hostedSites &&
  one.privateRanges.join() === other.privateRanges.join()

export const planOutbound = ({ desired, observed, builder }: Planning): void => {
  const { account, allocation, outbound } = desired
  const seen = observed.outbound
  if (seen !== 'absent' && isSamePolicy(seen, outbound)) return
  const cause =
    seen === 'absent'
      ? `the firewall lets nothing pass ${allocation.interface}`
      : `the firewall opens ${describePolicy(seen)}, wanted is ${describePolicy(outbound)}`
  builder.add({ action: 'setOutbound', args: { allocation, outbound }, target: `policy/${account}`, cause })
}

export const planNic = ({ desired, observed, builder }: Planning): void => {
  const { account, allocation } = desired
  const sandbox = `sandbox/${account}` as const
  if (observed.nic === 'ready' && !builder.changes(sandbox)) return
  const causes = {
    absent: `the interface ${allocation.interface} is missing`,
    incomplete: `the interface ${allocation.interface} lacks an address or a route`,
    ready: 'the sandbox is a new one',
  }
  builder.add({
    action: 'attachNic',
    args: { allocation },
    target: `nic/${account}`,
    cause: causes[observed.nic],
    needs: [sandbox, `policy/${account}`],
  })
}

export const planEngine = ({ desired, observed, builder }: Planning): void => {
  const { account } = desired
  const sandbox = `sandbox/${account}` as const
  if (observed.engine === 'running' && !builder.changes(sandbox)) return
  builder.add({
    action: 'startEngine',
    args: {},
    target: `engine/${account}`,
    cause: observed.engine === 'running' ? 'the sandbox is a new one' : 'the Docker engine does not run',
    needs: [sandbox, `nic/${account}`, `shaper/${account}`],
  })
}

export const planContext = ({ desired, observed, builder }: Planning): void => {
  const { account } = desired
  const target = `context/${account}` as const
  if (observed.context === 'foreign') {
    const message = `a Docker context ${account} exists that is not Palisade's: remove it with docker context rm ${account}`
    builder.block({ target, reason: 'ContextTaken', message })
  }
  if (observed.context === 'absent')
    builder.add({ action: 'createContext', args: {}, target, cause: 'the Docker context is missing' })
}
