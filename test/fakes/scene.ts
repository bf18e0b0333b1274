import type { Scene } from '../../src/isolation/scene.ts'

const MEBIBYTE = 1024 * 1024
const limits = { cpuMillis: 1_000, memoryBytes: 512 * MEBIBYTE, pids: 256 }

/** What probes of `alice` aim at on a host that has `bob` too. */
export const SCENE: Scene = {
  attacker: {
    account: 'alice',
    interface: 'pal0',
    address: '10.90.0.2',
    gateway: '10.90.0.1',
    cgroups: ['/sys/fs/cgroup/palisade/alice'],
    limits,
    limitsInForce: limits,
  },
  neighbour: {
    account: 'bob',
    interface: 'pal1',
    address: '10.90.0.6',
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
    ports: [22, 3306],
    sockets: ['/run/palisade/palisade.sock'],
    directories: ['/var/lib/palisade/records'],
    process: 1,
    disks: ['sda'],
  },
  container: { memoryBytes: 64 * MEBIBYTE, pids: 64, openFiles: 16_384, tmpBytes: 16 * MEBIBYTE },
}
