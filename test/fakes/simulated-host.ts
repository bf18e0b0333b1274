import { sha256 } from '../../src/plan/digest.ts'
import type {
  Allocation,
  DesiredContainer,
  DesiredNetwork,
  ObservedContainer,
  ObservedNetwork,
  ServiceLimits,
  TenantLimits,
} from '../../src/plan/resources.ts'
import type { Databases, Engines } from '../../src/ports/engine.ts'
import type {
  Cgroups,
  Contexts,
  Edge,
  EngineProcesses,
  Firewall,
  Nics,
  Sandboxes,
  Trees,
  Users,
} from '../../src/ports/host.ts'
import type { Ports } from '../../src/ports/ports.ts'
import type { AccountRecord, Clock, EventEntry, Store } from '../../src/ports/store.ts'

interface SimulatedContainer {
  id: string
  digest: string
  state: ObservedContainer['state']
  health: ObservedContainer['health']
  limits: ServiceLimits
  networks: Map<string, string>
}

/** One tenant of a simulated host. Tests reach in to break things, as a fault would. */
export interface SimulatedTenant {
  user: boolean
  foreignUser: boolean
  limits: TenantLimits | undefined
  pid: number | undefined
  nic: boolean
  engine: boolean
  context: boolean
  directories: Set<string>
  files: Map<string, string>
  secrets: Set<string>
  sites: Set<string>
  networks: Map<string, ObservedNetwork>
  images: Set<string>
  containers: Map<string, SimulatedContainer>
  schemas: Set<string>
  loaded: Map<string, string>
}

const emptyTenant = (): SimulatedTenant => ({
  user: false,
  foreignUser: false,
  limits: undefined,
  pid: undefined,
  nic: false,
  engine: false,
  context: false,
  directories: new Set(),
  files: new Map(),
  secrets: new Set(),
  sites: new Set(),
  networks: new Map(),
  images: new Set(),
  containers: new Map(),
  schemas: new Set(),
  loaded: new Map(),
})

/** Thrown in place of a call, as if the process had ended there. */
export class SimulatedCrash extends Error {}

/**
 * A host in memory that behaves as the real ports promise: what depends on something that is missing fails, what ends
 * takes along what lives in it. Counts changing calls, and can crash before any one of them.
 */
export class SimulatedHost {
  readonly tenants = new Map<string, SimulatedTenant>()
  readonly routes = new Map<string, string>()
  readonly records = new Map<string, AccountRecord>()
  readonly statuses = new Map<string, string>()
  readonly events: EventEntry[] = []
  /** Changing calls on the host so far, in order. */
  readonly calls: string[] = []
  /** Files that the store has written. */
  writes = 0
  /** The call of this number, counted from 0, throws {@link SimulatedCrash} instead. */
  crashAt: number | undefined
  #ids = 0
  #nextIndex = 0
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  tenant(account: string): SimulatedTenant {
    const known = this.tenants.get(account)
    if (known !== undefined) return known
    const made = emptyTenant()
    this.tenants.set(account, made)
    return made
  }

  #change(call: string): void {
    if (this.crashAt === this.calls.length) throw new SimulatedCrash(call)
    this.calls.push(call)
  }

  #need(holds: boolean, what: string): void {
    if (!holds) throw new Error(`needs ${what}`)
  }

  #endSandbox(tenant: SimulatedTenant): void {
    tenant.pid = undefined
    tenant.nic = false
    tenant.engine = false
    for (const container of tenant.containers.values()) container.state = 'exited'
  }

  ports(): Ports {
    return {
      users: this.#users(),
      trees: this.#trees(),
      cgroups: this.#cgroups(),
      sandboxes: this.#sandboxes(),
      nics: this.#nics(),
      firewall: this.#firewall(),
      engineProcesses: this.#engineProcesses(),
      engines: this.#engines(),
      images: { archive: async (image) => `/images/${image}` },
      databases: this.#databases(),
      contexts: this.#contexts(),
      edge: this.#edge(),
      edgeServer: { observe: async () => 'running', ensure: async () => undefined, stop: async () => undefined },
      store: this.#store(),
      clock: this.#clock,
    }
  }

  #users(): Users {
    return {
      observe: async (account) => {
        const { user, foreignUser } = this.tenant(account)
        if (foreignUser) return 'foreign'
        return user ? 'ours' : 'absent'
      },
      ensure: async (account) => {
        this.#change(`ensureUser ${account}`)
        this.tenant(account).user = true
      },
      drop: async (account) => {
        this.#change(`dropUser ${account}`)
        this.#need(this.tenant(account).pid === undefined, 'no process of the user')
        this.tenant(account).user = false
      },
    }
  }

  #trees(): Trees {
    const tenantOf = (allocation: Allocation): SimulatedTenant => {
      const record = [...this.records.values()].find(({ index }) => index === allocation.index)
      return this.tenant(record?.name ?? '')
    }
    return {
      observe: async (desired, allocation) => {
        const { directories, files, secrets, sites } = tenantOf(allocation)
        return {
          directories,
          files: new Map(desired.files.flatMap(({ path }) => this.#digest(files, path))),
          secrets,
          sites,
        }
      },
      ensureDirectory: async ({ path }, allocation) => {
        this.#change(`ensureDirectory ${path}`)
        this.#need(tenantOf(allocation).user, 'the user')
        tenantOf(allocation).directories.add(path)
      },
      writeFile: async ({ path, content }, allocation) => {
        this.#change(`writeFile ${path}`)
        tenantOf(allocation).files.set(path, content)
      },
      removeFile: async (path) => {
        this.#change(`removeFile ${path}`)
        for (const { files } of this.tenants.values()) files.delete(path)
      },
      createSecret: async ({ path }, allocation) => {
        this.#change(`createSecret ${path}`)
        tenantOf(allocation).secrets.add(path)
      },
      readSecret: async () => 'secret',
      createSite: async ({ domain }, allocation) => {
        this.#change(`createSite ${domain}`)
        tenantOf(allocation).sites.add(domain)
      },
      archive: async (account) => {
        this.#change(`archive ${account}`)
        const tenant = this.tenant(account)
        this.#need(tenant.pid === undefined, 'no process in the tree')
        for (const held of [tenant.directories, tenant.files, tenant.secrets, tenant.sites]) held.clear()
        for (const held of [tenant.networks, tenant.images, tenant.containers, tenant.schemas]) held.clear()
      },
      exists: async (account) => this.tenant(account).directories.size > 0,
    }
  }

  #digest(files: ReadonlyMap<string, string>, path: string): [string, string][] {
    const content = files.get(path)
    return content === undefined ? [] : [[path, sha256(content)]]
  }

  #cgroups(): Cgroups {
    return {
      observe: async (account) => this.tenant(account).limits ?? 'absent',
      observeServices: async (account, ids) =>
        new Map(
          [...this.tenant(account).containers.values()]
            .filter(({ id, state }) => ids.includes(id) && state === 'running')
            .map(({ id, limits }) => [id, limits]),
        ),
      ensure: async (account, _allocation, limits) => {
        this.#change(`setTenantLimits ${account}`)
        this.tenant(account).limits = limits
      },
      drop: async (account) => {
        this.#change(`dropCgroup ${account}`)
        this.#endSandbox(this.tenant(account))
        this.tenant(account).limits = undefined
      },
    }
  }

  #sandboxes(): Sandboxes {
    return {
      observe: async (account) => {
        const { pid } = this.tenant(account)
        return pid === undefined ? 'absent' : { pid }
      },
      start: async (account) => {
        this.#change(`startSandbox ${account}`)
        const tenant = this.tenant(account)
        this.#need(tenant.user && tenant.limits !== undefined && tenant.directories.size > 0, 'user, limits and tree')
        this.#endSandbox(tenant)
        tenant.pid = ++this.#ids
      },
      stop: async (account) => {
        this.#change(`stopSandbox ${account}`)
        this.#endSandbox(this.tenant(account))
      },
    }
  }

  #nics(): Nics {
    return {
      observe: async (account) => (this.tenant(account).nic ? 'ready' : 'absent'),
      attach: async (account) => {
        this.#change(`attachNic ${account}`)
        this.#need(this.tenant(account).pid !== undefined, 'the sandbox')
        this.tenant(account).nic = true
      },
      detach: async (name) => this.#change(`detachNic ${name}`),
    }
  }

  #firewall(): Firewall {
    return { observe: async () => 'ready', ensure: async () => undefined, drop: async () => undefined }
  }

  #engineProcesses(): EngineProcesses {
    return {
      observe: async (account) => (this.tenant(account).engine ? 'running' : 'stopped'),
      start: async (account) => {
        this.#change(`startEngine ${account}`)
        const tenant = this.tenant(account)
        this.#need(tenant.pid !== undefined, 'the sandbox')
        tenant.engine = true
        // As the restart policy does.
        for (const container of tenant.containers.values())
          if (container.state === 'exited') container.state = 'running'
      },
      stop: async (account) => {
        this.#change(`stopEngine ${account}`)
        this.tenant(account).engine = false
      },
    }
  }

  #container(account: string, name: string): SimulatedContainer {
    const container = this.tenant(account).containers.get(name)
    if (container === undefined) throw new Error(`needs the container ${name}`)
    return container
  }

  #createContainer(account: string, container: DesiredContainer, digest: string): void {
    this.#change(`createContainer ${account} ${container.name}`)
    const tenant = this.tenant(account)
    this.#need(tenant.engine && tenant.images.has(container.image), 'the engine and the image')
    const networks = new Map(
      container.networks.map(({ network }) => {
        const known = tenant.networks.get(network)
        if (known === undefined) throw new Error(`needs the network ${network}`)
        return [network, known.id] as const
      }),
    )
    const id = `c${++this.#ids}`
    const { limits } = container
    tenant.containers.set(container.name, { id, digest, state: 'running', health: 'starting', limits, networks })
  }

  #createNetwork(account: string, network: DesiredNetwork): void {
    this.#change(`createNetwork ${account} ${network.name}`)
    const tenant = this.tenant(account)
    this.#need(tenant.engine, 'the engine')
    const { internal, subnet } = network
    tenant.networks.set(network.name, { id: `n${++this.#ids}`, internal, subnet })
  }

  #engines(): Engines {
    return {
      observe: async (account) => {
        const { networks, images, containers } = this.tenant(account)
        this.#need(this.tenant(account).engine, 'the engine')
        const seen = [...containers].map(([name, c]) => [name, { ...c, limits: 'unknown' as const }] as const)
        return { networks, images, containers: new Map(seen) }
      },
      createNetwork: async (account, network) => this.#createNetwork(account, network),
      removeNetwork: async (account, name) => {
        this.#change(`removeNetwork ${account} ${name}`)
        this.tenant(account).networks.delete(name)
      },
      createContainer: async (account, container, digest) => this.#createContainer(account, container, digest),
      startContainer: async (account, name) => {
        this.#change(`startContainer ${account} ${name}`)
        this.#container(account, name).state = 'running'
      },
      removeContainer: async (account, name) => {
        this.#change(`removeContainer ${account} ${name}`)
        this.tenant(account).containers.delete(name)
      },
      stopContainers: async (account) => {
        this.#change(`stopContainers ${account}`)
        for (const container of this.tenant(account).containers.values()) container.state = 'exited'
      },
      updateContainer: async (account, name, limits) => {
        this.#change(`updateContainer ${account} ${name}`)
        this.#container(account, name).limits = limits
      },
      connectNetwork: async (account, name, { network }) => {
        this.#change(`connectNetwork ${account} ${name} ${network}`)
        const known = this.tenant(account).networks.get(network)
        if (known === undefined) throw new Error(`needs the network ${network}`)
        this.#container(account, name).networks.set(network, known.id)
      },
      signal: async (account, name, signal) => this.#change(`signal ${account} ${name} ${signal}`),
      probe: async (account, { name }) => {
        const container = this.#container(account, name)
        container.health = container.state === 'running' ? 'healthy' : container.health
        return { healthy: container.health === 'healthy', output: container.state }
      },
      loadImage: async (account, image) => {
        this.#change(`loadImage ${account} ${image}`)
        this.#need(this.tenant(account).engine, 'the engine')
        this.tenant(account).images.add(image)
      },
      logs: async () => '',
      events: async function* () {},
    }
  }

  #databases(): Databases {
    return {
      observe: async ({ service }, schemas) => {
        const account = [...this.tenants.values()].find(({ containers }) => containers.has(service))
        const stands = schemas.filter(({ name }) => account?.schemas.has(name))
        return {
          schemas: new Set(stands.map(({ name }) => name)),
          owners: new Set(stands.map(({ name, owner }) => `${owner}@${name}`)),
        }
      },
      ensureSchema: async ({ socket }, { service, name }) => {
        this.#change(`ensureSchema ${service} ${name}`)
        const tenant = [...this.tenants].find(([account]) => socket.includes(`/${account}/`))
        this.#need(tenant?.[1].containers.get(service)?.state === 'running', 'the database')
        tenant?.[1].schemas.add(name)
      },
    }
  }

  #contexts(): Contexts {
    return {
      observe: async (account) => (this.tenant(account).context ? 'ours' : 'absent'),
      create: async (account) => {
        this.#change(`createContext ${account}`)
        this.tenant(account).context = true
      },
      drop: async (account) => {
        this.#change(`dropContext ${account}`)
        this.tenant(account).context = false
      },
    }
  }

  #edge(): Edge {
    return {
      observe: async (hosts) =>
        new Map(
          hosts.flatMap((host): [string, string][] => {
            const upstream = this.routes.get(host)
            return upstream === undefined ? [] : [[host, upstream]]
          }),
        ),
      publish: async (host, upstream) => {
        this.#change(`publish ${host}`)
        this.routes.set(host, upstream)
      },
      withdraw: async (host) => {
        this.#change(`withdraw ${host}`)
        this.routes.delete(host)
      },
    }
  }

  #store(): Store {
    const write = <V>(map: Map<string, V>, key: string, value: V, text: (value: V) => string): boolean => {
      const before = map.get(key)
      if (before !== undefined && text(before) === text(value)) return false
      map.set(key, value)
      this.writes += 1
      return true
    }
    return {
      readRecord: async (account) => this.records.get(account),
      writeRecord: async (record) => write(this.records, record.name, record, JSON.stringify),
      removeRecord: async (account) => void this.records.delete(account),
      listRecords: async () => [...this.records.keys()].sort(),
      nextIndex: async () => this.#nextIndex,
      allocateIndex: async () => this.#nextIndex++,
      writeStatus: async (kind, name, status) =>
        write(this.statuses, `${kind}/${name}`, JSON.stringify(status), (text) => text),
      readStatus: async (kind, name) => {
        const text = this.statuses.get(`${kind}/${name}`)
        return text === undefined ? undefined : JSON.parse(text)
      },
      removeStatus: async (kind, name) => void this.statuses.delete(`${kind}/${name}`),
      listStatus: async (kind) =>
        [...this.statuses.keys()].filter((key) => key.startsWith(`${kind}/`)).map((key) => key.slice(kind.length + 1)),
      readLoadedConfig: async (account) => this.tenant(account).loaded,
      writeLoadedConfig: async (account, service, digest) => void this.tenant(account).loaded.set(service, digest),
      appendEvent: async (event) => void this.events.push(event),
    }
  }
}
