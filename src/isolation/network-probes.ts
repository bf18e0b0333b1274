import { type AttackProbe, type Attempt, attempt, type NotTried, type Position, type Probe } from './probe.ts'
import type { Attacker, HostSide, Neighbour, Scene } from './scene.ts'

/** The second is that of AWS. */
const METADATA = { ipv4: '169.254.169.254', ipv6: 'fd00:ec2::254' }
/** The discard service of RFC 863. */
const DISCARD = 9
/** Nobody's: TEST-NET-1 of RFC 5737, and of RFC 3849. */
const NOWHERE = { ipv4: `192.0.2.1:${DISCARD}`, ipv6: `[2001:db8::1]:${DISCARD}` }
/** Strangers: TEST-NET-2 of RFC 5737, and of RFC 3849. */
const STRANGER = { ipv4: '198.51.100.7', ipv6: '2001:db8:7::7' }

const NO_NEIGHBOUR: NotTried = { notTried: 'the host has no other account' }

/** Attempts against the neighbour, where there is one. */
export const onNeighbour =
  (attempts: (neighbour: Neighbour, scene: Scene) => readonly Attempt[]) =>
  (scene: Scene): readonly Attempt[] | NotTried =>
    scene.neighbour === 'none' ? NO_NEIGHBOUR : attempts(scene.neighbour, scene)

const target = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

const targets = (addresses: readonly string[], ports: readonly number[]): readonly string[] =>
  addresses.flatMap((address) => ports.map((port) => target(address, port)))

const addressesOf = ({ address, ipv6Address }: Neighbour): readonly string[] =>
  ipv6Address === 'none' ? [address] : [address, ipv6Address]

const gatewaysOf = ({ gateway, ipv6 }: Attacker): readonly string[] =>
  ipv6 === 'none' ? [gateway] : [gateway, ipv6.gateway]

/** A source that is not the attacker's, in each family that it has. */
const spoofed = ({ attacker }: Scene, ipv4: string, ipv6: string): readonly Attempt[] => [
  attempt('spoof', ipv4, NOWHERE.ipv4),
  ...(attacker.ipv6 === 'none' || ipv6 === 'none' ? [] : [attempt('spoof', ipv6, NOWHERE.ipv6)]),
]

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
    onNeighbour((neighbour) => [attempt('connect', 'reached', ...targets(addressesOf(neighbour), neighbour.ports))]),
  ),
])

/** What everybody may reach, a tenant may reach too. */
const closedPorts = ({ ports, edgePorts }: HostSide): readonly number[] =>
  ports.filter((port) => !edgePorts.includes(port))

const reachHost = fromBoth((position, suffix) => [
  host(
    position,
    `listeners${suffix}`,
    'all that listens on the host for itself: databases, name server, SSH',
    ({ host }) => [attempt('connect', 'reached', ...targets(host.addresses, closedPorts(host)))],
  ),
  host(position, `gateway${suffix}`, "all that listens, on the host's end of the NIC", ({ attacker, host }) => [
    attempt('connect', 'reached', ...targets(gatewaysOf(attacker), host.ports)),
  ]),
  host(position, `loopback${suffix}`, "the host's loopback", ({ host }) => [
    attempt('connect', 'answered', ...targets(['127.0.0.1'], host.ports)),
  ]),
  host(position, `metadata${suffix}`, "a cloud's metadata service", ({ attacker }) => [
    attempt(
      'connect',
      'reached',
      ...targets(attacker.ipv6 === 'none' ? [METADATA.ipv4] : Object.values(METADATA), [80]),
    ),
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
    attempts: onNeighbour(({ address, ipv6Address }, scene) => spoofed(scene, address, ipv6Address)),
  },
  {
    kind: 'witnessed',
    id: 'network/spoofed-foreign-source',
    group: 'network',
    position: 'root',
    title: "packets with a stranger's address as their source",
    expected: 'dropped at the NIC',
    witnessed: 'spoofed',
    attempts: (scene) => spoofed(scene, STRANGER.ipv4, STRANGER.ipv6),
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
      attempt('spoof', attacker.address, target(neighbour.address, DISCARD)),
      ...(attacker.ipv6 === 'none' || neighbour.ipv6Address === 'none'
        ? []
        : [attempt('spoof', attacker.ipv6.address, target(neighbour.ipv6Address, DISCARD))]),
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
