import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { systemClock } from '../../src/drivers/clock.ts'
import { createCgroups, detectCgroups } from '../../src/drivers/host/cgroups.ts'
import { createDisks } from '../../src/drivers/host/disks.ts'
import { createEngineProcesses } from '../../src/drivers/host/engine-processes.ts'
import { createFirewall } from '../../src/drivers/host/firewall.ts'
import { createNics } from '../../src/drivers/host/nics.ts'
import { runProgram } from '../../src/drivers/host/program.ts'
import { createSandboxes } from '../../src/drivers/host/sandboxes.ts'
import { createUsers } from '../../src/drivers/host/users.ts'
import { allocationOf } from '../../src/plan/allocation.ts'
import type { Allocation, TenantLimits } from '../../src/plan/resources.ts'
import { type HostSettings, tenantLayout } from '../../src/plan/settings.ts'
import { dnsSettings } from '../fixtures/dns-settings.ts'
import { tlsSettings } from '../fixtures/tls-settings.ts'

export const settings: HostSettings = {
  instance: 'pltest-c',
  stateDirectory: '/var/lib/pltest-c',
  runDirectory: '/run/pltest-c',
  machineId: '',
  kernelIpv6: true,
  dataRoot: '/var/lib/pltest-c',
  storageImage: 'none',
  interfacePrefix: 'ptc',
  ipv4Pool: '10.97.0.0/24',
  ipv6Pool: 'fd00:90::/64',
  uidBase: 1_069_900_000,
  subIdBase: 1_070_000_000,
  httpPort: 18_097,
  httpsPort: 18_497,
  askPort: 2_021,
  maxRequestBodyBytes: 17_179_869_184,
  trustedProxies: [],
  tls: tlsSettings(),
  dns: dnsSettings(),
  resyncMs: 600_000,
  deletionMaxPercent: 20,
  deletionConfirmed: [],
  retainData: false,
  imagePreference: 'recipe',
  registry: '',
  registryInsecure: false,
  domains: { assigned: [], reserved: [] },
  metricsListen: '',
}

export const limits: TenantLimits = { cpuMillis: 1500, memoryBytes: 512 * 1024 * 1024, pids: 400 }

export const libexecDirectory = resolve(import.meta.dirname, '../../libexec')

const clock = systemClock

/** An address that tenants reach for names alone. */
export const RESOLVER = '192.168.97.1'
const hierarchy = detectCgroups('/sys/fs/cgroup')

export const directoriesOf = (group: string): readonly string[] => hierarchy.directories(group)

/** The drivers of one instance on this host. */
export const driversOf = (of: HostSettings) => {
  const disks = createDisks({ path: of.dataRoot, procRoot: '/proc', sysRoot: '/sys', clock })
  const itsCgroups = createCgroups({ instance: of.instance, hierarchy, clock, disks, procRoot: '/proc' })
  const itsSandboxes = createSandboxes({ settings: of, cgroups: itsCgroups, clock, libexecDirectory })
  const both = { settings: of, cgroups: itsCgroups, sandboxes: itsSandboxes, clock, libexecDirectory }
  return {
    users: createUsers({ settings: of, runProgram, clock, accountFiles: '/etc' }),
    cgroups: itsCgroups,
    sandboxes: itsSandboxes,
    nics: createNics({ settings: of, sandboxes: itsSandboxes, runProgram, clock }),
    firewall: createFirewall({ settings: of, runProgram, clock, resolvers: [RESOLVER] }),
    engineProcesses: createEngineProcesses(both),
  }
}

export const { users, cgroups, sandboxes, nics, firewall, engineProcesses } = driversOf(settings)

export interface Tenant {
  readonly account: string
  readonly allocation: Allocation
}

export const tenant = (account: string, index: number): Tenant => ({
  account,
  allocation: allocationOf(settings, index),
})

/** The part of a tree that the sandbox needs; in the product another driver makes it. */
export const makeTree = ({ account, allocation: { uid, gid } }: Tenant, of: HostSettings = settings): void => {
  const { tree, home, engineData, logs } = tenantLayout(of, account)
  mkdirSync(dirname(tree), { recursive: true, mode: 0o711 })
  for (const [path, owner, group, mode] of [
    [tree, 0, gid, 0o750],
    [home, uid, gid, 0o700],
    [engineData, uid, gid, 0o700],
    [logs, 0, gid, 0o750],
  ] as const) {
    mkdirSync(path, { recursive: true })
    chownSync(path, owner, group)
    chmodSync(path, mode)
  }
}

/** User, tree, control group and sandbox. */
export const raiseSandbox = async (it: Tenant): Promise<void> => {
  await users.ensure(it.account, it.allocation)
  makeTree(it)
  await cgroups.ensure(it.account, it.allocation, limits)
  await sandboxes.start(it.account, it.allocation)
}

/** Ends whatever of a tenant stands, in the order of a deletion. */
export const raze = async ({ account, allocation }: Tenant): Promise<void> => {
  await sandboxes.stop(account)
  await nics.detach(allocation.interface)
  await cgroups.drop(account)
  await users.drop(account)
  rmSync(tenantLayout(settings, account).tree, { recursive: true, force: true })
}

export const removeDirectories = (): void => {
  for (const directory of [settings.runDirectory, settings.dataRoot])
    rmSync(directory, { recursive: true, force: true })
}

/** Waits until `probe` is true. @throws Error with `what` when it isn't in time. */
export const eventually = async (
  what: string,
  probe: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> => {
  const deadline = Date.now() + timeoutMs
  while (!(await probe())) {
    if (Date.now() > deadline) throw new Error(`not in ${timeoutMs} ms: ${what}`)
    await systemClock.sleep(10, new AbortController().signal)
  }
}
