import {
  type Bandwidth,
  type DesiredTenant,
  type ObservedContainer,
  type ObservedDatabase,
  type ObservedTenant,
  UNLIMITED,
  type Unenforced,
} from '../plan/resources.ts'
import { routedHosts } from '../plan/routed-hosts.ts'
import { isLimited } from '../plan/rules/shaper.ts'
import type { ResourceId } from '../plan/steps.ts'
import { zonesIn } from '../plan/zones/zones-in.ts'
import type { EngineSnapshot } from '../ports/engine.ts'
import type { Ports } from '../ports/ports.ts'

const NOTHING: EngineSnapshot = { networks: new Map(), images: new Set(), containers: new Map(), jobs: new Set() }

const withKernelLimits = async (
  ports: Ports,
  account: string,
  containers: ReadonlyMap<string, ObservedContainer>,
): Promise<ReadonlyMap<string, ObservedContainer>> => {
  const ids = [...containers.values()].filter(({ state }) => state === 'running').map(({ id }) => id)
  const limits = await ports.cgroups.observeServices(account, ids)
  return new Map(
    [...containers].map(([name, container]) => [
      name,
      { ...container, limits: limits.get(container.id) ?? container.limits },
    ]),
  )
}

const observeDatabases = async (
  ports: Ports,
  desired: DesiredTenant,
  containers: ReadonlyMap<string, ObservedContainer>,
): Promise<ReadonlyMap<string, ObservedDatabase>> => {
  const running = desired.databases.filter(({ service }) => containers.get(service)?.state === 'running')
  const seen = await Promise.all(
    running.map(async (endpoint) => {
      const schemas = desired.schemas.filter(({ service }) => service === endpoint.service)
      return [endpoint.service, await ports.databases.observe(endpoint, schemas)] as const
    }),
  )
  return new Map(seen.flatMap(([service, database]) => (database === undefined ? [] : [[service, database] as const])))
}

const observeEngine = async (ports: Ports, desired: DesiredTenant) => {
  const { account } = desired
  const engine = await ports.engineProcesses.observe(account)
  const runtimes = await ports.engineProcesses.runtimes()
  const snapshot = engine === 'running' ? await ports.engines.observe(account) : NOTHING
  const containers = await withKernelLimits(ports, account, snapshot.containers)
  const databases = await observeDatabases(ports, desired, containers)
  return { engine, runtimes, ...snapshot, containers, databases }
}

/** Hosts of the account now, and those that it had. */
const hostsOf = ({ routes }: DesiredTenant, inventory: ReadonlySet<ResourceId>): string[] => [
  ...new Set([...routes.map(({ host }) => host), ...routedHosts(inventory)]),
]

/** Asked only of those who have a limit or had one: the answer is that of the whole host. */
const observeBandwidth = async (
  { shapers }: Ports,
  { account, allocation, bandwidth }: DesiredTenant,
  inventory: ReadonlySet<ResourceId>,
): Promise<Bandwidth | Unenforced> =>
  isLimited(bandwidth) || inventory.has(`shaper/${account}`)
    ? shapers.observe(allocation)
    : { in: UNLIMITED, out: UNLIMITED }
const zonesOf = ({ zones, refusedZones }: DesiredTenant, inventory: ReadonlySet<ResourceId>): string[] => [
  ...new Set([...[...zones, ...refusedZones].map(({ name }) => name), ...zonesIn(inventory)]),
]

/** One look at everything of one tenant. Starts no program and changes nothing. */
export const observe = async (
  ports: Ports,
  desired: DesiredTenant,
  inventory: ReadonlySet<ResourceId>,
): Promise<ObservedTenant> => {
  const { account, allocation } = desired
  const [
    user,
    cgroup,
    io,
    swap,
    storage,
    sandbox,
    outbound,
    nic,
    traffic,
    bandwidth,
    engine,
    context,
    tree,
    loadedConfig,
    routes,
    zones,
    certificates,
  ] = await Promise.all([
    ports.users.observe(account, allocation),
    ports.cgroups.observe(account),
    ports.cgroups.observeIo(account),
    ports.cgroups.observeSwap(account),
    ports.quotas.observe(account, allocation, desired.storage),
    ports.sandboxes.observe(account),
    ports.firewall.observePolicy(allocation),
    ports.nics.observe(account, allocation),
    ports.nics.observeTraffic(allocation),
    observeBandwidth(ports, desired, inventory),
    observeEngine(ports, desired),
    ports.contexts.observe(account),
    ports.trees.observe(desired, allocation),
    ports.store.readLoadedConfig(account),
    ports.edge.observe(hostsOf(desired, inventory)),
    ports.zones.observe(zonesOf(desired, inventory)),
    ports.certificates.observe(desired.certificates.map(({ host }) => host)),
  ])
  return {
    account,
    user,
    cgroup,
    io,
    swap,
    storage,
    sandbox,
    outbound,
    nic,
    traffic,
    bandwidth,
    context,
    ...tree,
    loadedConfig,
    routes,
    zones,
    certificates,
    ...engine,
  }
}
