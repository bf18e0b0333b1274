import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import type { Plan } from '../plan/steps.ts'
import type { Condition } from '../ports/store.ts'
import { layerVerdicts, type Phase, type Problem, phaseVerdicts, toConditions, type Verdict } from './conditions.ts'

export interface ServiceStatus {
  readonly name: string
  readonly image: string
  readonly state: string
  readonly health: string
}

export interface SiteStatus {
  readonly domain: string
  readonly hosts: readonly string[]
  readonly served: boolean
}

/** The whole object, as Kubernetes would show it. Holds nothing that changes by itself: usage is read live instead. */
export interface AccountStatus {
  readonly apiVersion: string
  readonly kind: 'Account'
  readonly metadata: { readonly name: string; readonly generation: number }
  readonly spec: unknown
  readonly status: {
    readonly observedGeneration: number
    readonly observedRevision?: string
    readonly conditions: readonly Condition[]
    readonly address?: string
    readonly limits?: DesiredTenant['limits']
    readonly services: readonly ServiceStatus[]
    readonly sites: readonly SiteStatus[]
  }
}

/** What the last look of a pass showed; missing when no pass came that far. */
export interface Seen {
  readonly desired: DesiredTenant
  readonly observed: ObservedTenant
  readonly plan: Plan
  readonly failures: readonly Problem[]
}

export interface StatusInput {
  readonly account: string
  readonly generation: number
  readonly spec: unknown
  readonly revision: string | undefined
  readonly specVerdict: Verdict
  readonly phase: Phase
  readonly seen?: Seen
  readonly former: readonly Condition[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

const services = ({ desired, observed }: Seen): ServiceStatus[] =>
  desired.containers.map(({ name, service, image }) => {
    const container = observed.containers.get(name)
    return {
      name: service,
      image: image.name,
      state: container?.state ?? 'missing',
      health: container?.health ?? 'none',
    }
  })

const sites = ({ desired, observed }: Seen): SiteStatus[] =>
  desired.sites.map(({ domain }) => {
    const hosts = desired.routes.filter(({ site }) => site === domain)
    return {
      domain,
      hosts: hosts.map(({ host }) => host),
      served: hosts.every(({ host, upstream }) => observed.routes.get(host) === upstream),
    }
  })

export const accountStatus = (input: StatusInput): AccountStatus => {
  const { account, generation, spec, revision, seen } = input
  const layers = seen === undefined ? [] : layerVerdicts(seen.plan, seen.failures)
  const verdicts = [...phaseVerdicts(input.phase), input.specVerdict, ...layers]
  return {
    apiVersion: 'palisade.dev/v1',
    kind: 'Account',
    metadata: { name: account, generation },
    spec,
    status: {
      observedGeneration: generation,
      ...(revision === undefined ? {} : { observedRevision: revision }),
      conditions: toConditions(verdicts, input.former, generation, input.now),
      ...(seen === undefined ? {} : { address: seen.desired.allocation.tenantAddress, limits: seen.desired.limits }),
      services: seen === undefined ? [] : services(seen),
      sites: seen === undefined ? [] : sites(seen),
    },
  }
}
