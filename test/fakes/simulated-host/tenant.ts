import {
  type Allocation,
  type Bandwidth,
  type IoLimits,
  type ObservedContainer,
  type ObservedNetwork,
  type Owner,
  type ServiceLimits,
  type StorageLimits,
  type TenantLimits,
  type Traffic,
  UNLIMITED,
} from '../../../src/plan/resources.ts'
import type { EngineEvent } from '../../../src/ports/engine.ts'

export interface SimulatedContainer {
  id: string
  digest: string
  /** Name of what it is made of. */
  readonly image: string
  state: ObservedContainer['state']
  health: ObservedContainer['health']
  limits: ServiceLimits
  /** Network name to network id. */
  networks: Map<string, string>
  /** Told to stop, so that the engine does not start it with itself. */
  stopped: boolean
  restarts: number
  /** Of its last end. */
  exitCode: number
  outOfMemory: boolean
  /** Processes that the kernel ended at the limit while it ran. */
  memoryKills: number
  /** Directories of the host that it sees. */
  readonly sources: readonly string[]
}

/** Ids of the host, as a file system keeps them. */
export interface Ownership extends Owner {
  readonly mode: number
}

export interface SimulatedFile extends Ownership {
  readonly digest: string
}

export interface SimulatedSecret extends Owner {
  readonly password: string
}

/** One run of a job, which ends by itself or not at all. */
export interface SimulatedJob {
  readonly startedAt: number
  /** Milliseconds since the epoch; in the past, it has ended. */
  readonly endsAt: number
  readonly exitCode: number
  readonly output: string
}

/** Somebody who listens to the engine's events. */
export interface Watcher {
  tell(event: EngineEvent): void
  end(): void
}

/** What is wrong with a service, whichever container it has. */
export type Ailment =
  /** It ends at each start. */
  | { readonly type: 'crash'; readonly exitCode: number; readonly outOfMemory: boolean; readonly log: string }
  /** Its health check fails; `known` to the engine too. */
  | { readonly type: 'unhealthy'; readonly output: string; readonly known: boolean }

/** One tenant of a simulated host. Tests reach in to break things, as a fault would. */
export interface SimulatedTenant {
  /** How containers fare that bear the name; those that are not in it are well. */
  ailments: Map<string, Ailment>
  user: boolean
  /** What the user was made with; it counts while there is a user. */
  identity: Allocation | undefined
  foreignUser: boolean
  limits: TenantLimits | undefined
  io: IoLimits | undefined
  /** In force for the tree, while it stands. */
  storage: StorageLimits | undefined
  pid: number | undefined
  nic: boolean
  /** What went through the NIC, while it stands. */
  traffic: Traffic
  /** What the kernel holds it to; it goes with the NIC. */
  bandwidth: Bandwidth
  engine: boolean
  context: boolean
  foreignContext: boolean
  /** By path, as the three below. */
  directories: Map<string, Ownership>
  files: Map<string, SimulatedFile>
  secrets: Map<string, SimulatedSecret>
  sites: Set<string>
  networks: Map<string, ObservedNetwork>
  foreignNetworks: Set<string>
  images: Set<string>
  containers: Map<string, SimulatedContainer>
  foreignContainers: Set<string>
  jobs: Map<string, SimulatedJob>
  /** `service/schema` to the users who own it. */
  schemas: Map<string, Set<string>>
  /** `service/user` to the user's password. */
  databaseUsers: Map<string, string>
  loaded: Map<string, string>
  watchers: Set<Watcher>
}

const ANY_RATE: Bandwidth = { in: UNLIMITED, out: UNLIMITED }

export const emptyTenant = (): SimulatedTenant => ({
  ailments: new Map(),
  user: false,
  identity: undefined,
  foreignUser: false,
  limits: undefined,
  io: undefined,
  storage: undefined,
  pid: undefined,
  nic: false,
  traffic: { nic: 1, in: 0, out: 0 },
  bandwidth: ANY_RATE,
  engine: false,
  context: false,
  foreignContext: false,
  directories: new Map(),
  files: new Map(),
  secrets: new Map(),
  sites: new Set(),
  networks: new Map(),
  foreignNetworks: new Set(),
  images: new Set(),
  containers: new Map(),
  foreignContainers: new Set(),
  jobs: new Map(),
  schemas: new Map(),
  databaseUsers: new Map(),
  loaded: new Map(),
  watchers: new Set(),
})

/** Containers go on. */
export const endEngine = (tenant: SimulatedTenant): void => {
  tenant.engine = false
  for (const { end } of tenant.watchers) end()
}

/** Takes along what shaped it. */
export const endNic = (tenant: SimulatedTenant): void => {
  tenant.nic = false
  tenant.bandwidth = ANY_RATE
  tenant.traffic = { nic: tenant.traffic.nic + 1, in: 0, out: 0 }
}

/** Takes along everything that lives in the namespaces. */
export const endSandbox = (tenant: SimulatedTenant): void => {
  tenant.pid = undefined
  endNic(tenant)
  endEngine(tenant)
  for (const container of tenant.containers.values()) if (container.state !== 'created') container.state = 'exited'
}

/** With the engine's data goes what it knew. */
export const endTree = (tenant: SimulatedTenant): void => {
  for (const held of [tenant.directories, tenant.files, tenant.secrets, tenant.sites]) held.clear()
  for (const held of [tenant.networks, tenant.images, tenant.containers, tenant.jobs]) held.clear()
  for (const held of [tenant.foreignNetworks, tenant.foreignContainers]) held.clear()
  for (const held of [tenant.schemas, tenant.databaseUsers]) held.clear()
}
