import { existsSync, readdirSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Attacker, Ceiling, HostSide, Neighbour, Scene } from '../../isolation/scene.ts'
import type { Allocation, DesiredTenant, ObservedStorage } from '../../plan/resources.ts'
import { type HostSettings, hostLayout, tenantLayout } from '../../plan/settings.ts'
import type { Shapers } from '../../ports/host.ts'
import type { Quotas } from '../../ports/quotas.ts'
import { caddyLayout } from '../edge/caddy-layout.ts'
import { OPEN_FILES } from '../engine/container-options.ts'
import type { TenantCgroups } from '../host/cgroups.ts'
import { readKernelFile } from '../host/kernel-files.ts'

export interface SceneOptions {
  readonly settings: HostSettings
  readonly cgroups: TenantCgroups
  readonly quotas: Quotas
  readonly shapers: Shapers
  readonly attacker: DesiredTenant
  readonly neighbour: DesiredTenant | undefined
}

const MEBIBYTE = 1024 * 1024

/** Of the container that attacks: enough for perl, and quick to use up. */
export const PROBE_CONTAINER = {
  memoryBytes: 64 * MEBIBYTE,
  pids: 64,
  openFiles: OPEN_FILES,
  tmpBytes: 16 * MEBIBYTE,
} as const

/** SSH, mail, web, BIND's control, Caddy's administration, Docker, MySQL, PostgreSQL, Redis. */
const WELL_KNOWN_PORTS = [22, 25, 80, 443, 953, 2019, 2375, 3306, 5432, 6379]
const MAX_PORTS = 200
const MAX_DISKS = 16
const MAX_PROCESSES = 4

const SOCKETS = [
  '/run/docker.sock',
  '/var/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/mysqld/mysqld.sock',
  '/run/postgresql/.s.PGSQL.5432',
  '/run/dbus/system_bus_socket',
  '/run/systemd/private',
  '/run/named/named.sock',
]

const LISTENING = '0A'

/** Ports of a table such as `/proc/net/tcp`, proc(5). */
export const listeningPorts = (table: string): readonly number[] =>
  table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTENING)
    .map(([, address = '']) => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16))

const hostPorts = (): readonly number[] => {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readKernelFile(path) ?? '')
  return [...new Set([...WELL_KNOWN_PORTS, ...tables.flatMap(listeningPorts)])]
    .sort((a, b) => a - b)
    .slice(0, MAX_PORTS)
}

const isTenantInterface = (name: string, prefix: string): boolean =>
  name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length))

const LINK_LOCAL = 'fe80:'

const hostAddresses = (prefix: string): readonly string[] =>
  Object.entries(networkInterfaces())
    .filter(([name]) => !isTenantInterface(name, prefix))
    .flatMap(([, addresses = []]) => addresses)
    .filter(({ address, internal }) => !internal && !address.startsWith(LINK_LOCAL))
    .map(({ address }) => address)

/** What the tenant's NIC has of IPv6 now, whatever it is allocated. */
const ipv6Of = ({ interface: nic, ipv6 }: Allocation): Allocation['ipv6'] =>
  ipv6 !== 'none' && networkInterfaces()[nic]?.some(({ address }) => address === ipv6.hostAddress) ? ipv6 : 'none'

const disks = (): readonly string[] =>
  readdirSync('/sys/block')
    .filter((name) => existsSync(join('/dev', name)))
    .slice(0, MAX_DISKS)

const hostSide = (settings: HostSettings): HostSide => {
  const { apiSocket, records, archive, trees } = hostLayout(settings)
  const { adminSocket, storage } = caddyLayout(settings)
  return {
    addresses: hostAddresses(settings.interfacePrefix),
    ports: hostPorts(),
    edgePorts: [settings.httpPort, settings.httpsPort],
    sockets: [apiSocket, adminSocket, ...SOCKETS.filter((path) => existsSync(path))],
    directories: [records, archive, storage, trees],
    process: process.pid,
    disks: disks(),
  }
}

const namesIn = ({ account, containers }: DesiredTenant): readonly string[] => [
  account,
  ...containers.flatMap(({ name, networks }) => [name, ...networks.flatMap(({ aliases }) => aliases)]),
]

const neighbourOf = ({ settings, cgroups, attacker, neighbour }: SceneOptions): 'none' | Neighbour => {
  if (neighbour === undefined) return 'none'
  const { account, allocation, containers, routes, tree } = neighbour
  const ipv6 = ipv6Of(allocation)
  const own = new Set(namesIn(attacker))
  return {
    account,
    interface: allocation.interface,
    address: allocation.tenantAddress,
    ipv6Address: ipv6 === 'none' ? 'none' : ipv6.tenantAddress,
    ports: [...new Set([80, ...containers.flatMap(({ publish }) => publish.map(({ hostPort }) => hostPort))])],
    names: [...new Set(namesIn(neighbour))].filter((name) => !own.has(name)),
    host: routes[0]?.host,
    tree,
    engineSocket: tenantLayout(settings, account).engineSocket,
    cgroups: cgroups.directories(account),
    processes: cgroups.engineProcesses(account).slice(0, MAX_PROCESSES),
  }
}

const storageInForce = (storage: ObservedStorage): Ceiling['inForce'] => {
  if (storage.state === 'unsupported') return storage
  if (storage.state === 'uncounted') return {}
  const { bytes, inodes } = storage
  return inodes === 'never-counted' ? { bytes } : { bytes, inodes }
}

const ceilingsOf = async ({ cgroups, quotas, shapers, attacker }: SceneOptions): Promise<Attacker['ceilings']> => {
  const { account, allocation, storage, bandwidth, io } = attacker
  return {
    storage: { wanted: { ...storage }, inForce: storageInForce(await quotas.observe(account, allocation, storage)) },
    bandwidth: { wanted: { ...bandwidth }, inForce: { ...(await shapers.observe(allocation)) } },
    io: { wanted: { ...io }, inForce: { ...(await cgroups.observeIo(account)) } },
  }
}

const attackerOf = async (options: SceneOptions): Promise<Attacker> => {
  const { cgroups, attacker } = options
  const { account, allocation, limits, sites } = attacker
  const ipv6 = ipv6Of(allocation)
  return {
    account,
    interface: allocation.interface,
    address: allocation.tenantAddress,
    gateway: allocation.hostAddress,
    ipv6: ipv6 === 'none' ? 'none' : { address: ipv6.tenantAddress, gateway: ipv6.hostAddress },
    cgroups: cgroups.directories(account),
    limits,
    limitsInForce: await cgroups.observe(account),
    ceilings: await ceilingsOf(options),
    writable: sites[0]?.path,
    writer: sites[0]?.owner.uid ?? 0,
  }
}

/** Everything that is attacked, as it stands now. */
export const readScene = async (options: SceneOptions): Promise<Scene> => {
  const { settings } = options
  return {
    attacker: await attackerOf(options),
    neighbour: neighbourOf(options),
    host: hostSide(settings),
    container: PROBE_CONTAINER,
  }
}
