import { join } from 'node:path'
import { onNeighbour } from './network-probes.ts'
import { type AttackProbe, attempt, type Group, type Position, type Probe } from './probe.ts'

const probe = (
  group: Group,
  position: Position,
  id: string,
  title: string,
  attempts: AttackProbe['attempts'],
  expected = 'refused, or not there',
): Probe => ({ kind: 'attack', id: `${group}/${id}`, group, position, title, expected, attempts })

const BOTH = [
  { position: 'service', suffix: '' },
  { position: 'root', suffix: '-as-root' },
] as const

const TREE = ['', 'home', 'engine', 'sites', 'data', 'config', 'secrets', 'sockets', 'logs', 'spool']

const files = BOTH.flatMap(({ position, suffix }) => [
  probe(
    'files',
    position,
    `neighbour-tree${suffix}`,
    "the other tenant's directories",
    onNeighbour(({ tree }) => TREE.map((part) => attempt('list', join(tree, part)))),
  ),
  probe('files', position, `operator${suffix}`, "the operator's records, secrets and keys", ({ host }) =>
    host.directories.map((directory) => attempt('list', directory)),
  ),
  probe('files', position, `sockets${suffix}`, "sockets of the operator, the edge and the host's engine", ({ host }) =>
    host.sockets.map((path) => attempt('unix', path)),
  ),
  probe(
    'files',
    position,
    `neighbour-engine${suffix}`,
    "the other tenant's engine",
    onNeighbour(({ engineSocket }) => [attempt('unix', engineSocket)]),
  ),
])

/** A container has files of its own by these names. */
const hostFiles = probe('files', 'root', 'host', "the host's passwords, keys and settings", () => [
  attempt('read', '/etc/shadow'),
  attempt('list', '/root'),
  ...['/etc/passwd', '/etc/subuid', '/etc/crontab', '/etc/ld.so.preload'].map((path) => attempt('write', path)),
  attempt('create', '/etc/cron.d/palisade-probe'),
  attempt('create', '/usr/bin/palisade-probe'),
])

const ofProcess = (pid: number) => [
  attempt('signal', pid),
  attempt('trace', pid),
  attempt('read', `/proc/${pid}/environ`),
  attempt('read', `/proc/${pid}/mem`),
  attempt('list', `/proc/${pid}/root/`),
  attempt('list', `/proc/${pid}/cwd/`),
  attempt('list', `/proc/${pid}/fd`),
  ...['user', 'mnt', 'net', 'pid'].map((namespace) => attempt('join', `/proc/${pid}/ns/${namespace}`)),
]

/** The kernel's own first thread, and what only a host of tenants runs. */
const HOST_PROGRAMS = ['kthreadd', 'caddy', 'named']
/** Programs that each tenant has its own of, too: in a service's container neither is seen. */
const ENGINE_PROGRAMS = ['dockerd', 'containerd']

/**
 * From the `service` position a process of the host can't even be named: its id means another one, or nobody, in there.
 */
const processes: readonly Probe[] = [
  probe(
    'processes',
    'service',
    'seen',
    'programs of the host and of other tenants',
    () => [attempt('find-process', ...HOST_PROGRAMS, ...ENGINE_PROGRAMS, 'mariadbd')],
    'only its own',
  ),
  probe(
    'processes',
    'root',
    'seen-as-root',
    'programs of the host',
    () => [attempt('find-process', ...HOST_PROGRAMS)],
    'only its own',
  ),
  probe(
    'processes',
    'root',
    'neighbour',
    "the other tenant's processes: signal, trace, memory, files, namespaces",
    onNeighbour((neighbour) => neighbour.processes.flatMap(ofProcess)),
  ),
  probe('processes', 'root', 'host', "the daemon's process: signal, trace, memory, files, namespaces", ({ host }) =>
    ofProcess(host.process),
  ),
]

/** Files, sockets and processes of the other tenant and of the host. */
export const FILE_PROBES: readonly Probe[] = [...files, hostFiles, ...processes]
