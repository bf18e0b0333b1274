import { type AttackProbe, type Attempt, attempt, type NotTried, type Position, type Probe } from './probe.ts'
import type { Neighbour, Scene } from './scene.ts'

const METADATA = '169.254.169.254'
/** TEST-NET-1 of RFC 5737: nobody's. */
const NOWHERE = '192.0.2.1:9'
/** The discard service of RFC 863. */
const DISCARD = 9

const NO_NEIGHBOUR: NotTried = { notTried: 'the host has no other account' }

/** Attempts against the neighbour, where there is one. */
export const onNeighbour =
  (attempts: (neighbour: Neighbour, scene: Scene) => readonly Attempt[]) =>
  (scene: Scene): readonly Attempt[] | NotTried =>
    scene.neighbour === 'none' ? NO_NEIGHBOUR : attempts(scene.neighbour, scene)

const targets = (addresses: readonly string[], ports: readonly number[]): readonly string[] =>
  addresses.flatMap((address) => ports.map((port) => `${address}:${port}`))

const NO_ANSWER = 'no answer, not even a refusal'

const network = (
  position: Position,
  id: string,
  title: string,
  expected: string,
  attempts: AttackProbe['attempts'],
): Probe => ({ kind: 'attack', id: `network/${id}`, group: 'network', position, title, expected, attempts })

const host = (position: Position, id: string, title: string, attempts: AttackProbe['attempts']): Probe => ({
  kind: 'attack',
  id: `host/${id}`,
  group: 'host',
  position,
  title,
  expected: NO_ANSWER,
  attempts,
})

const fromBoth = (make: (position: 'service' | 'root', suffix: string) => readonly Probe[]): readonly Probe[] => [
  ...make('service', ''),
  ...make('root', '-as-root'),
]

const reachNeighbour = fromBoth((position, suffix) => [
  network(
    position,
    `neighbour-ports${suffix}`,
    "the other tenant's web server and tools",
    NO_ANSWER,
    onNeighbour(({ address, ports }) => [attempt('connect', 'reached', ...targets([address], ports))]),
  ),
])

const reachHost = fromBoth((position, suffix) => [
  host(
    position,
    `listeners${suffix}`,
    'all that listens on the host: databases, name server, edge, SSH',
    ({ host }) => [attempt('connect', 'reached', ...targets(host.addresses, host.ports))],
  ),
  host(position, `gateway${suffix}`, "the same on the host's end of the NIC", ({ attacker, host }) => [
    attempt('connect', 'reached', ...targets([attacker.gateway], host.ports)),
  ]),
  host(position, `loopback${suffix}`, "the host's loopback", ({ host }) => [
    attempt('connect', 'answered', ...targets(['127.0.0.1'], host.ports)),
  ]),
  host(position, `metadata${suffix}`, "a cloud's metadata service", () => [
    attempt('connect', 'reached', `${METADATA}:80`),
  ]),
])

const spoofing: readonly Probe[] = [
  {
    kind: 'witnessed',
    id: 'network/spoofed-source',
    group: 'network',
    position: 'root',
    title: "packets with another tenant's address as their source",
    expected: 'dropped at the NIC',
    witnessed: 'spoofed',
    attempts: onNeighbour(({ address }) => [attempt('spoof', address, NOWHERE)]),
  },
  {
    kind: 'witnessed',
    id: 'network/spoofed-foreign-source',
    group: 'network',
    position: 'root',
    title: "packets with a stranger's address as their source",
    expected: 'dropped at the NIC',
    witnessed: 'spoofed',
    attempts: () => [attempt('spoof', '198.51.100.7', NOWHERE)],
  },
  {
    kind: 'witnessed',
    id: 'network/neighbour-packets',
    group: 'network',
    position: 'root',
    title: 'packets to the other tenant that ask for no answer',
    expected: 'none arrives',
    witnessed: 'to neighbour',
    attempts: onNeighbour((neighbour, { attacker }) => [
      attempt('spoof', attacker.address, `${neighbour.address}:${DISCARD}`),
    ]),
  },
]

/** Addresses, ports and names of the other tenant and of the host. */
export const NETWORK_PROBES: readonly Probe[] = [
  ...reachNeighbour,
  network(
    'service',
    'neighbour-names',
    "names of the other tenant's services",
    'no such names',
    onNeighbour(({ names }) => [attempt('resolve', ...names)]),
  ),
  ...spoofing,
  ...reachHost,
]
