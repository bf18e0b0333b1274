import type { Scene } from '../../src/isolation/scene.ts'
import { UNLIMITED } from '../../src/plan/resources.ts'

const MEBIBYTE = 1024 * 1024
const limits = { cpuMillis: 1_000, memoryBytes: 512 * MEBIBYTE, pids: 256 }

/** What probes of `alice` aim at on a host that has `bob` too. */
export const SCENE: Scene = {
  attacker: {
    account: 'alice',
    interface: 'pal0',
    address: '10.90.0.2',
    gateway: '10.90.0.1',
    ipv6: { address: 'fd00::2', gateway: 'fd00::1' },
    cgroups: ['/sys/fs/cgroup/palisade/alice'],
    limits,
    limitsInForce: limits,
    ceilings: {
      storage: { wanted: { bytes: 2 ** 29, inodes: UNLIMITED }, inForce: { bytes: 2 ** 29 } },
      bandwidth: { wanted: { in: 200e6, out: UNLIMITED }, inForce: { in: 200e6, out: UNLIMITED } },
      io: { wanted: { readBytes: UNLIMITED }, inForce: { readBytes: UNLIMITED } },
    },
    writable: '/var/lib/palisade/tenants/alice/sites/alice.localhost',
    writer: 1000,
  },
  neighbour: {
    account: 'bob',
    interface: 'pal1',
    address: '10.90.0.6',
    ipv6Address: 'fd00::6',
    ports: [80, 8001],
    names: ['bob'],
    host: 'bob.localhost',
    tree: '/var/lib/palisade/tenants/bob',
    engineSocket: '/run/palisade/tenants/bob/engine/docker.sock',
    cgroups: ['/sys/fs/cgroup/palisade/bob'],
    processes: [4711],
  },
  host: {
    addresses: ['192.0.2.10'],
    ports: [22, 443, 3306],
    edgePorts: [443],
    sockets: ['/run/palisade/palisade.sock'],
    directories: ['/var/lib/palisade/records'],
    process: 1,
    disks: ['sda'],
  },
  container: { memoryBytes: 64 * MEBIBYTE, pids: 64, openFiles: 16_384, tmpBytes: 16 * MEBIBYTE },
}
