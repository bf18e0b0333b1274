import type { ObservedCertificate } from '../../src/plan/certificates.ts'
import type { OutboundPolicy, RuntimeClass } from '../../src/plan/resources.ts'
import type { HostSettings } from '../../src/plan/settings.ts'
import type { Confinement } from '../../src/ports/confinement.ts'
import type { EdgeServer } from '../../src/ports/host.ts'
import type { Ports } from '../../src/ports/ports.ts'
import type { AccountRecord, Clock, EventEntry } from '../../src/ports/store.ts'
import type { NameServer } from '../../src/ports/zones.ts'
import { settings as defaultSettings } from './accounts.ts'
import { simulatedCertificates } from './simulated-host/certificates.ts'
import { simulatedCgroups } from './simulated-host/cgroups.ts'
import { simulatedContexts } from './simulated-host/contexts.ts'
import { simulatedDatabases } from './simulated-host/databases.ts'
import { simulatedEdge } from './simulated-host/edge.ts'
import { simulatedEngines, simulatedImages } from './simulated-host/engines.ts'
import { simulatedFirewall } from './simulated-host/firewall.ts'
import { simulatedQuotas } from './simulated-host/quotas.ts'
import { simulatedEngineProcesses, simulatedNics, simulatedSandboxes } from './simulated-host/sandboxes.ts'
import { simulatedShapers } from './simulated-host/shapers.ts'
import { simulatedStore } from './simulated-host/store.ts'
import { emptyTenant, type SimulatedTenant } from './simulated-host/tenant.ts'
import { simulatedTrees } from './simulated-host/trees.ts'
import { simulatedUsers } from './simulated-host/users.ts'
import type { SimulatedZone, World } from './simulated-host/world.ts'
import { simulatedZones } from './simulated-host/zones.ts'

export type { SimulatedContainer, SimulatedTenant } from './simulated-host/tenant.ts'

/** Thrown in place of a call, as if the process had ended there. */
export class SimulatedCrash extends Error {}

const edgeServer: EdgeServer = { observe: async () => 'running', ensure: async () => {}, stop: async () => {} }
const nameServer: NameServer = { observe: async () => 'running', ensure: async () => {}, stop: async () => {} }

const confinement: Confinement = { observe: async () => 'enforced', ensure: async () => {}, drop: async () => {} }

/**
 * A host in memory that keeps the contracts of the ports, as `test/unit/simulated-host.test.ts` shows: what depends on
 * something that is missing fails, what ends takes along what lives in it, what is not ours is left alone. Counts
 * changing calls, and can crash before any one of them. The host's own layers, firewall and edge server, always stand.
 */
export class SimulatedHost implements World {
  /** Those that are installed. */
  readonly runtimes = new Set<RuntimeClass>(['runc', 'gvisor'])
  readonly tenants = new Map<string, SimulatedTenant>()
  readonly routes = new Map<string, string>()
  /** Of host names. */
  readonly addresses = new Map<string, readonly string[]>()
  readonly certificates = new Map<string, ObservedCertificate>()
  readonly permitted = new Set<string>()
  readonly installed = new Set<string>()
  /** Why the authority issues none, by host. */
  readonly issuingFailures = new Map<string, string>()
  readonly zones = new Map<string, SimulatedZone>()
  readonly secondaries = new Map<string, boolean>()
  readonly announced: string[] = []
  readonly records = new Map<string, AccountRecord>()
  readonly statuses = new Map<string, string>()
  readonly events: EventEntry[] = []
  /** Changing calls on the host so far, in order. */
  readonly calls: string[] = []
  writes = 0
  /** The call of this number, counted from 0, throws {@link SimulatedCrash} instead. */
  crashAt: number | undefined
  /** What is thrown for an image by name; every other one can be had. */
  readonly unavailableImages = new Map<string, Error>()
  /** Why the kernel can't limit bandwidth, where it can't. */
  shapingUnsupported: string | undefined
  readonly accountOfUid = new Map<number, string>()
  readonly accountOfInterface = new Map<string, string>()
  readonly policies = new Map<string, OutboundPolicy>()
  nextIndex = 0
  readonly settings: HostSettings
  #ids = 0
  readonly #clock: Clock

  /** `settings` are those that accounts are rendered with: paths outside their directories are refused. */
  constructor(clock: Clock, settings: HostSettings = defaultSettings) {
    this.#clock = clock
    this.settings = settings
  }

  tenant(account: string): SimulatedTenant {
    const known = this.tenants.get(account)
    if (known !== undefined) return known
    const made = emptyTenant()
    this.tenants.set(account, made)
    return made
  }

  change(call: string): void {
    if (this.crashAt === this.calls.length) throw new SimulatedCrash(call)
    this.calls.push(call)
  }

  nextId(): number {
    this.#ids += 1
    return this.#ids
  }

  ports(): Ports {
    return {
      users: simulatedUsers(this),
      trees: simulatedTrees(this),
      cgroups: simulatedCgroups(this),
      quotas: simulatedQuotas(this),
      sandboxes: simulatedSandboxes(this),
      nics: simulatedNics(this),
      shapers: simulatedShapers(this),
      firewall: simulatedFirewall(this),
      confinement,
      engineProcesses: simulatedEngineProcesses(this),
      engines: simulatedEngines(this, this.#clock),
      images: simulatedImages(this.unavailableImages),
      databases: simulatedDatabases(this),
      contexts: simulatedContexts(this),
      edge: simulatedEdge(this),
      edgeServer,
      certificates: simulatedCertificates(this),
      names: { addresses: async () => ['198.51.100.1'], resolve: async (host) => this.addresses.get(host) ?? [] },
      zones: simulatedZones(this),
      nameServer,
      store: simulatedStore(this),
      clock: this.#clock,
    }
  }
}
