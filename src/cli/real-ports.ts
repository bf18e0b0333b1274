import { randomBytes } from 'node:crypto'
import { getServers } from 'node:dns'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { bind } from '../drivers/bind/bind.ts'
import { namedProcess } from '../drivers/bind/named-service.ts'
import { systemClock } from '../drivers/clock.ts'
import { tenantDatabases } from '../drivers/databases/tenant-databases.ts'
import { caddyService } from '../drivers/edge/caddy-service.ts'
import { edgeCertificates } from '../drivers/edge/certificates.ts'
import { fileTable } from '../drivers/edge/file-table.ts'
import { dockerEngines } from '../drivers/engine/docker-engines.ts'
import { engineClient, type UseEngine } from '../drivers/engine/engine-client.ts'
import { createAppArmor, serviceProfile } from '../drivers/host/apparmor.ts'
import { createCgroups, detectCgroups, type TenantCgroups } from '../drivers/host/cgroups.ts'
import { createContexts } from '../drivers/host/contexts.ts'
import { createDisks } from '../drivers/host/disks.ts'
import { createEngineProcesses } from '../drivers/host/engine-processes.ts'
import { createFirewall } from '../drivers/host/firewall.ts'
import { createNics } from '../drivers/host/nics.ts'
import { runProgram } from '../drivers/host/program.ts'
import { createSandboxes } from '../drivers/host/sandboxes.ts'
import { createShapers } from '../drivers/host/shapers.ts'
import { createUsers } from '../drivers/host/users.ts'
import { dnsNames } from '../drivers/names/dns-names.ts'
import { createQuotas } from '../drivers/quotas/create-quotas.ts'
import { createSystemd, hasSystemd } from '../drivers/services/systemd.ts'
import { systemdEdge } from '../drivers/services/systemd-edge.ts'
import { systemdNamed } from '../drivers/services/systemd-named.ts'
import { fileStore } from '../drivers/store/file-store.ts'
import { fileTrees } from '../drivers/trees/file-trees.ts'
import type { HostSettings } from '../plan/settings.ts'
import type { Images } from '../ports/engine.ts'
import type { EdgeServer } from '../ports/host.ts'
import type { Ports } from '../ports/ports.ts'
import { CGROUP_ROOT } from './cgroup-root.ts'
import { packageRoot } from './package-root.ts'

/** The ports of this host, and of its drivers what the wiring needs beside them. */
export interface RealHost {
  readonly ports: Ports
  readonly cgroups: TenantCgroups
  readonly useEngine: UseEngine
}

/** Every port as it is on a real host. */
export const realHost = (settings: HostSettings, images: Images, signal: AbortSignal): RealHost => {
  const clock = systemClock
  const apparmorProfile = serviceProfile(settings)
  const libexecDirectory = join(packageRoot, 'libexec')
  const cgroups = createCgroups({
    instance: settings.instance,
    hierarchy: detectCgroups(CGROUP_ROOT),
    clock,
    disks: createDisks({ path: settings.dataRoot, procRoot: '/proc', sysRoot: '/sys', clock }),
    procRoot: '/proc',
  })
  const sandboxes = createSandboxes({ settings, cgroups, clock, libexecDirectory })
  const trees = fileTrees({ settings, clock, randomBytes })
  const ports: Ports = {
    users: createUsers({ settings, runProgram, clock, accountFiles: '/etc' }),
    trees,
    cgroups,
    quotas: createQuotas({ settings, runProgram, clock }),
    sandboxes,
    nics: createNics({ settings, sandboxes, runProgram, clock }),
    shapers: createShapers({ settings, runProgram, clock }),
    firewall: createFirewall({ settings, runProgram, clock, resolvers: getServers() }),
    confinement: createAppArmor({ settings, runProgram }),
    engineProcesses: createEngineProcesses({ settings, cgroups, sandboxes, clock, libexecDirectory }),
    engines: dockerEngines(settings, clock, apparmorProfile),
    images,
    databases: tenantDatabases({ readSecret: (path) => trees.readSecret(path), randomBytes }),
    contexts: createContexts({ settings, runProgram, dockerConfig: dockerConfigDirectory() }),
    edge: fileTable(settings),
    edgeServer: edgeServer(settings, signal),
    certificates: edgeCertificates({ settings, runProgram, clock }),
    names: dnsNames(settings),
    ...nameServer(settings, signal),
    store: fileStore({ settings, clock }),
    clock,
  }
  return { ports, cgroups, useEngine: engineClient(settings, apparmorProfile) }
}

/** Caddy, as a unit where systemd runs, else as a process of its own. */
const edgeServer = (settings: HostSettings, signal: AbortSignal): EdgeServer => {
  if (hasSystemd()) return systemdEdge({ settings, systemd: createSystemd(runProgram), clock: systemClock })
  const caddy = caddyService({ settings, clock: systemClock })
  return {
    observe: () => caddy.observe(),
    ensure: async () => void (await caddy.ensureRunning(signal)),
    stop: () => caddy.stop(signal),
  }
}

/** BIND, in the same way. */
const nameServer = (settings: HostSettings, signal: AbortSignal): Pick<Ports, 'zones' | 'nameServer'> => {
  const makeService = hasSystemd() ? systemdNamed(createSystemd(runProgram)) : namedProcess
  return bind({ settings, clock: systemClock, runProgram, randomBytes, signal, makeService })
}

const dockerConfigDirectory = (): string => process.env.DOCKER_CONFIG ?? join(homedir(), '.docker')
