import { type Bandwidth, type DesiredTenant, type IoLimits, type ObservedTenant, UNLIMITED } from '../plan/resources.ts'
import type { Plan } from '../plan/steps.ts'
import type { ObservedSecondary } from '../plan/zones/observed-zone.ts'
import type { Condition } from '../ports/store.ts'
import { certificateVerdicts, type HostStatus, hostStatuses } from './certificate-status.ts'
import { layerVerdicts, type Phase, type Problem, phaseVerdicts, toConditions, type Verdict } from './conditions.ts'
import { keptConditions } from './isolation-verdict.ts'
import { type JobStatus, jobStatuses } from './job-status.ts'
import { limitVerdicts } from './limit-verdicts.ts'
import type { ServiceReports } from './service-reports.ts'
import { storageVerdicts } from './storage-verdicts.ts'
import { type TransferredStatus, transferredStatus } from './transferred.ts'

export interface ServiceStatus {
  readonly name: string
  readonly image: string
  readonly state: string
  readonly health: string
  /** CamelCase; empty when nothing is wrong. */
  readonly reason: string
  readonly message: string
  /** How often the engine had started it again when the reason came up: a count that is kept would never stand still. */
  readonly restarts: number
}

export interface SiteStatus {
  readonly domain: string
  readonly hosts: readonly string[]
  readonly served: boolean
  /** Of each host, how it is reached. */
  readonly names: readonly HostStatus[]
}

/** A page for administering something of the account. */
export interface ToolStatus {
  /** The service that answers. */
  readonly name: string
  readonly host: string
  readonly served: boolean
}

export interface ZoneStatus {
  readonly name: string
  /** Whether the name server answers for it as the spec says. */
  readonly served: boolean
  /** As served; 0 while it is not. */
  readonly serial: number
  /** Values of the DS records to give to the registrar. */
  readonly ds: readonly string[]
  readonly secondaries: readonly ObservedSecondary[]
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
    /** Host end of the NIC. */
    readonly interface?: string
    /** Directory of the account's sites, data, secrets and logs. */
    readonly tree?: string
    readonly limits?: DesiredTenant['limits']
    /** Bits per second, of the directions that have a limit. */
    readonly bandwidth?: SetRates
    /** Per second, of what has a limit. */
    readonly io?: SetRates
    readonly transferred?: TransferredStatus
    readonly services: readonly ServiceStatus[]
    readonly sites: readonly SiteStatus[]
    readonly tools: readonly ToolStatus[]
    readonly zones: readonly ZoneStatus[]
    readonly jobs: readonly JobStatus[]
  }
}

/** What the last look of a pass showed; missing when no pass came that far. */
export interface Seen {
  readonly desired: DesiredTenant
  readonly observed: ObservedTenant
  readonly plan: Plan
  readonly failures: readonly Problem[]
  readonly reports: ServiceReports
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
  readonly formerJobs: readonly JobStatus[]
  readonly formerTransferred: TransferredStatus | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** One that ends again and again runs at one look and not at the next: it is told as what it is all the while. */
const LOOPING = { state: 'restarting', health: 'none' }

const services = ({ desired, observed, reports }: Seen): ServiceStatus[] =>
  desired.containers.map(({ name, service, image }) => {
    const container = observed.containers.get(name)
    const { reason = '', message = '', restarts = 0 } = reports.get(service) ?? {}
    const seen = { state: container?.state ?? 'missing', health: container?.health ?? 'none' }
    const fares = restarts > 0 && reason !== 'Unhealthy' ? LOOPING : seen
    return { name: service, image: image.name, ...fares, reason, message, restarts }
  })

const sites = ({ desired, observed }: Seen): SiteStatus[] => {
  const names = new Map(hostStatuses(desired, observed).map((status) => [status.host, status]))
  return desired.sites.map(({ domain }) => {
    const hosts = desired.routes.filter(({ site }) => site === domain)
    return {
      domain,
      hosts: hosts.map(({ host }) => host),
      served: hosts.every(({ host, entry }) => observed.routes.get(host) === entry),
      names: hosts.flatMap(({ host }) => names.get(host) ?? []),
    }
  })
}

/** Routes lead to sites, or to tools by the name of the service. */
const tools = ({ desired, observed }: Seen): ToolStatus[] => {
  const domains = new Set(desired.sites.map(({ domain }) => domain))
  return desired.routes
    .filter(({ site }) => !domains.has(site))
    .map(({ site, host, entry }) => ({ name: site, host, served: observed.routes.get(host) === entry }))
}

/** Rates by name. Those that have no limit are left out. */
type SetRates = Readonly<Record<string, number>>

const setRate = (name: string, rate: number): SetRates => (rate === UNLIMITED ? {} : { [name]: rate })

const bandwidthRates = ({ in: inward, out }: Bandwidth): SetRates => ({
  ...setRate('in', inward),
  ...setRate('out', out),
})

const ioRates = ({ readBytes, writeBytes, readOperations, writeOperations }: IoLimits): SetRates => ({
  ...setRate('readBytes', readBytes),
  ...setRate('writeBytes', writeBytes),
  ...setRate('readOperations', readOperations),
  ...setRate('writeOperations', writeOperations),
})

const zones = ({ desired, observed }: Seen): ZoneStatus[] => {
  const digests = new Map(desired.zones.map(({ name, digest }) => [name, digest]))
  return [...desired.zones, ...desired.refusedZones].map(({ name }) => {
    const seen = observed.zones.get(name)
    return {
      name,
      served: seen?.owner === desired.account && seen.fault === '' && seen.digest === digests.get(name),
      serial: seen?.serial ?? 0,
      ds: seen?.delegationSigners ?? [],
      secondaries: seen?.secondaries ?? [],
    }
  })
}

const facts = ({ desired }: Seen) => ({
  address: desired.allocation.tenantAddress,
  interface: desired.allocation.interface,
  tree: desired.tree,
  limits: desired.limits,
  bandwidth: bandwidthRates(desired.bandwidth),
  io: ioRates(desired.io),
})

const transferred = ({ seen, formerTransferred }: StatusInput) => {
  const told = transferredStatus(formerTransferred, seen?.observed.traffic ?? 'unknown')
  return told === undefined ? {} : { transferred: told }
}

export const accountStatus = (input: StatusInput): AccountStatus => {
  const { account, generation, spec, revision, seen } = input
  const layers = seen === undefined ? [] : layerVerdicts(seen.plan, seen.failures)
  const limits = seen === undefined ? [] : limitVerdicts(seen.desired, seen.observed)
  const storage = seen === undefined ? [] : storageVerdicts(seen.desired, seen.observed, seen.failures, input.former)
  const certificates = seen === undefined ? [] : certificateVerdicts(seen.desired, seen.observed)
  const verdicts = [...phaseVerdicts(input.phase), input.specVerdict, ...layers, ...certificates, ...limits, ...storage]
  return {
    apiVersion: 'palisade.dev/v1',
    kind: 'Account',
    metadata: { name: account, generation },
    spec,
    status: {
      observedGeneration: generation,
      ...(revision === undefined ? {} : { observedRevision: revision }),
      conditions: [...toConditions(verdicts, input.former, generation, input.now), ...keptConditions(input.former)],
      ...(seen === undefined ? {} : facts(seen)),
      ...transferred(input),
      services: seen === undefined ? [] : services(seen),
      sites: seen === undefined ? [] : sites(seen),
      tools: seen === undefined ? [] : tools(seen),
      zones: seen === undefined ? [] : zones(seen),
      // Told by nothing else: a pass that saw nothing keeps them.
      jobs: seen === undefined ? input.formerJobs : jobStatuses(seen.desired.jobs, input.formerJobs),
    },
  }
}
