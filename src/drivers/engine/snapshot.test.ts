import type Docker from 'dockerode'
import { expect, it } from 'vitest'
import { DIGEST } from './labels.ts'
import { snapshotOf } from './snapshot.ts'

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
