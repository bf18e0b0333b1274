import type {
  Allocation,
  Bandwidth,
  Command,
  DatabaseEndpoint,
  DesiredContainer,
  DesiredDirectory,
  DesiredFile,
  DesiredImage,
  DesiredNetwork,
  DesiredRoute,
  DesiredSchema,
  DesiredSecret,
  DesiredSite,
  IoLimits,
  NetworkAttachment,
  OutboundPolicy,
  Reload,
  ServiceLimits,
  StorageLimits,
  TenantLimits,
} from './resources.ts'
import type { DesiredZone } from './zones/desired-zone.ts'

export type ResourceType =
  | 'user'
  | 'tree'
  | 'directory'
  | 'file'
  | 'secret'
  | 'site'
  | 'cgroup'
  | 'quota'
  | 'sandbox'
  | 'policy'
  | 'nic'
  | 'shaper'
  | 'engine'
  | 'context'
  | 'image'
  | 'network'
  | 'container'
  | 'config'
  | 'schema'
  | 'route'
  | 'zone'

export type ResourceId = `${ResourceType}/${string}`

/** What each action needs to know. An action without an executor does not compile: see `control/execute.ts`. */
export interface StepArguments {
  ensureUser: { readonly allocation: Allocation }
  dropUser: Record<never, never>
  /** In this order: parents first. */
  ensureDirectories: { readonly directories: readonly DesiredDirectory[] }
  writeFile: { readonly file: DesiredFile }
  removeFile: { readonly path: string }
  /** With all that is in it. */
  removeDirectory: { readonly path: string }
  createSecret: { readonly secret: DesiredSecret }
  createSite: { readonly site: DesiredSite }
  archiveTree: { readonly retain: boolean }
  setTenantLimits: { readonly limits: TenantLimits }
  /** Of the tenant's total; the control group stands. */
  setIoLimits: { readonly io: IoLimits }
  dropCgroup: Record<never, never>
  setStorageLimits: { readonly limits: StorageLimits }
  dropStorageLimits: Record<never, never>
  startSandbox: Record<never, never>
  stopSandbox: Record<never, never>
  setOutbound: { readonly allocation: Allocation; readonly outbound: OutboundPolicy }
  /** Nothing passes the interface any more. */
  dropOutbound: { readonly interface: string }
  attachNic: { readonly allocation: Allocation }
  detachNic: { readonly interface: string }
  setBandwidth: { readonly bandwidth: Bandwidth }
  dropShaper: { readonly interface: string }
  startEngine: Record<never, never>
  createContext: Record<never, never>
  dropContext: Record<never, never>
  loadImage: { readonly image: DesiredImage }
  removeImage: { readonly name: string }
  createNetwork: { readonly network: DesiredNetwork }
  removeNetwork: { readonly name: string }
  createContainer: { readonly container: DesiredContainer }
  startContainer: { readonly name: string }
  stopServices: Record<never, never>
  removeContainer: { readonly name: string }
  updateContainer: { readonly name: string; readonly limits: ServiceLimits }
  connectNetwork: { readonly name: string; readonly attachment: NetworkAttachment }
  reloadService: { readonly name: string; readonly by: Reload['by'] }
  awaitReloaded: { readonly name: string; readonly check: Command }
  /** Remembers what configuration the service has loaded. */
  recordConfig: { readonly name: string; readonly digest: string }
  awaitHealthy: { readonly container: DesiredContainer }
  ensureSchema: { readonly schema: DesiredSchema; readonly endpoint: DatabaseEndpoint }
  dropSchema: { readonly name: string; readonly endpoint: DatabaseEndpoint }
  publishRoute: { readonly route: DesiredRoute }
  withdrawRoute: { readonly host: string }
  ensureZone: { readonly zone: DesiredZone }
  /** With its keys. */
  dropZone: { readonly name: string }
}

export type Action = keyof StepArguments

/** One operation on the host. Plain data: it prints the same every time. */
export interface Step<A extends Action = Action> {
  /** Unique in its plan. */
  readonly id: number
  readonly action: A
  readonly args: StepArguments[A]
  readonly target: ResourceId
  /** Why, in words for the administrator: `container nginx is missing`. */
  readonly cause: string
  /** Ids of the steps that must have succeeded before. */
  readonly after: readonly number[]
  /** Ids of the steps that must have ended before, whether they succeeded or not. */
  readonly behind: readonly number[]
  /** Ids of steps that must have ended before, of which one at least must have succeeded; empty when it depends on none. */
  readonly afterAny: readonly number[]
}

/** Every step, told apart by its action. */
export type AnyStep = { [A in Action]: Step<A> }[Action]

export interface Blocked {
  readonly target: ResourceId
  readonly reason: string
  readonly message: string
}

export interface Plan {
  readonly steps: readonly AnyStep[]
  /** What can't be done, and why; nothing of it is in {@link steps}. */
  readonly blocked: readonly Blocked[]
}
