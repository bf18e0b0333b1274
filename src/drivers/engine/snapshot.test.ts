import type Docker from 'dockerode'
import { describe, expect, it } from 'vitest'
import { DIGEST } from './labels.ts'
import { observedNetwork, snapshotOf } from './snapshot.ts'

const endpoint = (id: string): Docker.NetworkInfo => ({
  NetworkID: id,
  EndpointID: '',
  Gateway: '',
  IPAddress: '',
  IPPrefixLen: 0,
  IPv6Gateway: '',
  GlobalIPv6Address: '',
  GlobalIPv6PrefixLen: 0,
  MacAddress: '',
})

const container = (changes: Partial<Docker.ContainerInfo>): Docker.ContainerInfo => ({
  Id: 'id-1',
  Names: ['/nginx'],
  Image: 'nginx',
  ImageID: '',
  Command: '',
  Created: 0,
  Ports: [],
  Labels: { [DIGEST]: 'digest-1' },
  State: 'running',
  Status: 'Up 3 minutes (healthy)',
  HostConfig: { NetworkMode: 'www' },
  NetworkSettings: { Networks: { www: endpoint('net-1'), none: endpoint('net-0') } },
  Mounts: [],
  ...changes,
})

const seen = (changes: Partial<Docker.ContainerInfo>) =>
  snapshotOf([container(changes)], [], []).containers.get('nginx')

it('observes a container', () => {
  expect(seen({})).toEqual({
    id: 'id-1',
    digest: 'digest-1',
    state: 'running',
    health: 'healthy',
    networks: new Map([['www', 'net-1']]),
    limits: 'unknown',
  })
})

describe('a network', () => {
  const base = { Name: 'www', Id: 'id-1', Created: '', Scope: 'local', Driver: 'bridge', Internal: false }
  const rest = { Attachable: false, Ingress: false, ConfigOnly: false }
  const ipv4 = { Subnet: '172.30.0.0/24' }
  const ipv6 = { Subnet: 'fd5c:9f6e:1e30::/64' }
  const network = (EnableIPv6: boolean, Config: Docker.NetworkInspectInfo['IPAM']): Docker.NetworkInspectInfo => ({
    ...base,
    ...rest,
    EnableIPv6,
    ...(Config === undefined ? {} : { IPAM: Config }),
  })

  it.each([
    ['of both families', network(true, { Config: [ipv4, ipv6] }), ipv6.Subnet],
    ['of both in another order', network(true, { Config: [ipv6, ipv4] }), ipv6.Subnet],
    ['of IPv4 alone', network(false, { Config: [ipv4] }), 'none'],
    ['whose IPv6 is not turned on', network(false, { Config: [ipv4, ipv6] }), 'none'],
  ])('%s is told as it is', (_what, info, ipv6Subnet) => {
    expect(observedNetwork(info)).toEqual({ id: 'id-1', internal: false, subnet: ipv4.Subnet, ipv6Subnet })
  })
})

it.each([
  ['Up 3 minutes', 'none'],
  ['Up 3 minutes (healthy)', 'healthy'],
  ['Up 1 second (health: starting)', 'starting'],
  ['Up 3 minutes (unhealthy)', 'unhealthy'],
  ['Exited (0) 3 minutes ago', 'none'],
])('reads the health out of %j', (Status, health) => {
  expect(seen({ Status })?.health).toBe(health)
})

it.each([
  ['removing', 'dead'],
  ['dead', 'dead'],
  ['exited', 'exited'],
])('takes the state %j as %j', (State, state) => {
  expect(seen({ State })?.state).toBe(state)
})

const image = (tags: string[] | undefined): Docker.ImageInfo => ({
  Id: 'sha256:1',
  ParentId: '',
  RepoTags: tags,
  Created: 0,
  Size: 0,
  VirtualSize: 0,
  SharedSize: 0,
  Labels: {},
  Containers: 0,
})

it('knows an image by each of its names', () => {
  const { images } = snapshotOf([], [], [image(['a:1', 'b:latest']), image(undefined), image(['<none>:<none>'])])
  expect([...images].sort()).toEqual(['a:1', 'b', 'b:latest'])
})
