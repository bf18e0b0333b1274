import { dirname, join } from 'node:path'
import { type TenantLimits, UNLIMITED, type Unenforced } from '../plan/resources.ts'
import { type Attempt, attempt, type Probe, type Verdict } from './probe.ts'
import type { Ceiling, Scene } from './scene.ts'

/** Of both versions of control groups. */
const LIMIT_FILES = [
  'pids.max',
  'memory.max',
  'memory.swap.max',
  'memory.limit_in_bytes',
  'memory.memsw.limit_in_bytes',
  'cpu.max',
  'cpu.cfs_quota_us',
  'io.max',
]

const raise = ({ attacker }: Scene): readonly Attempt[] =>
  attacker.cgroups.flatMap((directory) => LIMIT_FILES.map((file) => attempt('write', join(directory, file))))

/** Into the group of all tenants, the host's, and the other tenant's. */
const leave = ({ attacker, neighbour }: Scene): readonly Attempt[] => {
  const above = attacker.cgroups.flatMap((directory) => [dirname(directory), dirname(dirname(directory))])
  const others = neighbour === 'none' ? [] : neighbour.cgroups
  return [...above, ...others].flatMap((directory) =>
    ['cgroup.procs', 'tasks', 'release_agent'].map((file) => attempt('write', join(directory, file))),
  )
}

/** As a container sees its own groups, in either version. */
const OWN_GROUPS = ['', 'pids', 'memory', 'cpu', 'cpu,cpuacct'].map((name) => join('/sys/fs/cgroup', name))

const raiseOwn = OWN_GROUPS.flatMap((directory) =>
  [...LIMIT_FILES, 'cgroup.procs'].map((file) => attempt('write', join(directory, file))),
)

/** The kernel counts memory in pages and CPU time in microseconds, so a little less than asked for is right. */
const PAGE_BYTES = 65_536

const differences = (wanted: TenantLimits, found: TenantLimits): readonly string[] => [
  ...(found.pids === wanted.pids ? [] : [`pids ${found.pids} in place of ${wanted.pids}`]),
  ...(Math.abs(found.cpuMillis - wanted.cpuMillis) <= 1
    ? []
    : [`cpu ${found.cpuMillis}m in place of ${wanted.cpuMillis}m`]),
  ...(Math.abs(found.memoryBytes - wanted.memoryBytes) < PAGE_BYTES
    ? []
    : [`memory ${found.memoryBytes} in place of ${wanted.memoryBytes}`]),
]

/** What of a tenant's limits the kernel does not hold it to; empty when all is as its spec says. */
export const limitsAmiss = ({ attacker: { limits, limitsInForce } }: Pick<Scene, 'attacker'>): readonly string[] => {
  if (limitsInForce === 'absent') return ['it has no control group']
  if (limitsInForce === 'incomplete') return ["services may take the engine's part of the memory"]
  return differences(limits, limitsInForce)
}

const judgeTotals = (scene: Scene): Verdict => {
  const amiss = limitsAmiss(scene)
  return amiss.length === 0
    ? { result: 'held', seen: 'as the spec says' }
    : { result: 'broken', seen: amiss.join(', ') }
}

/** File systems and packet queues round a limit to their own measures. */
const ROUNDING = 0.01

const isCeilingSet = ({ wanted }: Ceiling): boolean => Object.values(wanted).some((value) => value !== UNLIMITED)

const isUnenforced = (inForce: Ceiling['inForce']): inForce is Unenforced => 'reason' in inForce

const judgeCeiling = ({ wanted, inForce }: Ceiling): Verdict => {
  if (isUnenforced(inForce)) return { result: 'not tried', seen: `not enforced on this host: ${inForce.message}` }
  const amiss = Object.entries(wanted)
    .filter(([name, value]) => value !== UNLIMITED && Math.abs((inForce[name] ?? UNLIMITED) - value) > value * ROUNDING)
    .map(([name, value]) => `${name} ${inForce[name] ?? 'unlimited'} in place of ${value}`)
  return amiss.length === 0
    ? { result: 'held', seen: 'as the spec says' }
    : { result: 'broken', seen: amiss.join(', ') }
}

const ceiling = (name: keyof Scene['attacker']['ceilings'], title: string): Probe => ({
  kind: 'read',
  id: `limits/${name}`,
  group: 'limits',
  position: 'host',
  title,
  expected: 'as the spec says',
  applies: ({ attacker }) => isCeilingSet(attacker.ceilings[name]),
  judge: ({ attacker }) => judgeCeiling(attacker.ceilings[name]),
})

/** Limits, and the ways around them. */
export const LIMIT_PROBES: readonly Probe[] = [
  {
    kind: 'read',
    id: 'limits/totals',
    group: 'limits',
    position: 'host',
    title: "the tenant's total of processors, memory and processes in the kernel",
    expected: 'as the spec says',
    judge: judgeTotals,
  },
  ceiling('storage', 'bytes and files of its tree, whoever in it owns them'),
  ceiling('bandwidth', 'what passes its NIC'),
  ceiling('io', 'what it reads from and writes to the disk'),
  {
    kind: 'attack',
    id: 'limits/raise',
    group: 'limits',
    position: 'service',
    title: "raise the service's limits",
    expected: 'refused',
    attempts: () => raiseOwn,
  },
  {
    kind: 'attack',
    id: 'limits/raise-as-root',
    group: 'limits',
    position: 'root',
    title: "raise the tenant's limits",
    expected: 'refused',
    attempts: raise,
  },
  {
    kind: 'attack',
    id: 'limits/leave-as-root',
    group: 'limits',
    position: 'root',
    title: "leave the tenant's control group",
    expected: 'refused',
    attempts: leave,
  },
]
