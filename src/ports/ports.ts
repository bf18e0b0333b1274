import type { Certificates, Names } from './certificates.ts'
import type { Confinement } from './confinement.ts'
import type { Databases, Engines, Images } from './engine.ts'
import type {
  Cgroups,
  Contexts,
  Edge,
  EdgeServer,
  EngineProcesses,
  Firewall,
  Nics,
  Sandboxes,
  Shapers,
  Trees,
  Users,
} from './host.ts'
import type { Quotas } from './quotas.ts'
import type { Clock, Store } from './store.ts'
import type { NameServer, Zones } from './zones.ts'

/** Everything that control needs of a host, real or simulated. */
export interface Ports {
  readonly users: Users
  readonly trees: Trees
  readonly cgroups: Cgroups
  readonly quotas: Quotas
  readonly sandboxes: Sandboxes
  readonly nics: Nics
  readonly shapers: Shapers
  readonly firewall: Firewall
  readonly confinement: Confinement
  readonly engineProcesses: EngineProcesses
  readonly engines: Engines
  readonly images: Images
  readonly databases: Databases
  readonly contexts: Contexts
  readonly edge: Edge
  readonly edgeServer: EdgeServer
  readonly certificates: Certificates
  readonly names: Names
  readonly zones: Zones
  readonly nameServer: NameServer
  readonly store: Store
  readonly clock: Clock
}
