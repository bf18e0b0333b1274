import { containerDigest } from '../plan/digest.ts'
import type { DesiredTenant } from '../plan/resources.ts'
import type { Action, Step } from '../plan/steps.ts'
import { WaitingError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import { awaitHealthy } from './await-healthy.ts'

export type Executors = { readonly [A in Action]: (step: Step<A>, signal: AbortSignal) => Promise<void> }

const PROBE_INTERVAL_MS = 50
const PROBE_INTERVAL_MAX_MS = 1_000
/** What stopped while it was waited for is started by the next look. */
const LOOK_AGAIN_MS = 500

const RELOADED_WITHIN_MS = 20_000

const awaitReloaded = async (ports: Ports, account: string, step: Step<'awaitReloaded'>, signal: AbortSignal) => {
  const { name, check } = step.args
  const deadline = ports.clock.now() + RELOADED_WITHIN_MS
  let interval = PROBE_INTERVAL_MS
  for (;;) {
    const { verdict, output } = await ports.engines.check(account, name, check, signal)
    if (verdict === 'healthy') return
    if (verdict === 'stopped') throw new WaitingError('ServiceStopped', output, LOOK_AGAIN_MS)
    if (ports.clock.now() >= deadline) {
      const logs = await ports.engines.logs(account, name, 5)
      throw new Error(`${name} does not take its new configuration: ${output} ${logs}`.trim())
    }
    await ports.clock.sleep(interval, signal)
    interval = Math.min(interval * 2, PROBE_INTERVAL_MAX_MS)
  }
}

const reload = async (
  ports: Ports,
  account: string,
  { name, by }: Step<'reloadService'>['args'],
  signal: AbortSignal,
) => {
  if ('signal' in by) return ports.engines.signal(account, name, by.signal)
  const { verdict, output } = await ports.engines.check(account, name, by.command, signal)
  if (verdict === 'unhealthy') throw new Error(`${name} refuses its new configuration: ${output}`)
}

/** What each action means on a host. Each is one call, and idempotent; none decides anything. */
export const makeExecutors = (ports: Ports, tenant: Pick<DesiredTenant, 'account' | 'allocation'>): Executors => {
  const { account, allocation } = tenant
  const {
    users,
    trees,
    cgroups,
    quotas,
    sandboxes,
    nics,
    shapers,
    firewall,
    engineProcesses,
    engines,
    contexts,
    edge,
    certificates,
    zones,
    databases,
    store,
  } = ports
  return {
    ensureUser: ({ args }) => users.ensure(account, args.allocation),
    dropUser: () => users.drop(account),
    ensureDirectories: async ({ args }) => {
      for (const directory of args.directories) await trees.ensureDirectory(directory, allocation)
    },
    writeFile: ({ args }) => trees.writeFile(args.file, allocation),
    removeFile: ({ args }) => trees.removeFile(args.path),
    removeDirectory: ({ args }) => trees.removeDirectory(args.path),
    createSecret: ({ args }) => trees.createSecret(args.secret, allocation),
    createSite: ({ args }) => trees.createSite(args.site, allocation),
    archiveTree: ({ args }) => trees.archive(account, args.retain),
    setTenantLimits: ({ args }) => cgroups.ensure(account, allocation, args.limits),
    setIoLimits: ({ args }) => cgroups.limitIo(account, args.io),
    dropCgroup: () => cgroups.drop(account),
    setStorageLimits: ({ args }) => quotas.ensure(account, allocation, args.limits),
    dropStorageLimits: () => quotas.drop(account, allocation),
    startSandbox: () => sandboxes.start(account, allocation),
    stopSandbox: () => sandboxes.stop(account),
    setOutbound: ({ args }) => firewall.setPolicy(args.allocation, args.outbound),
    dropOutbound: ({ args }) => firewall.dropPolicy(args.interface),
    attachNic: ({ args }) => nics.attach(account, args.allocation),
    detachNic: ({ args }) => nics.detach(args.interface),
    setBandwidth: ({ args }) => shapers.ensure(account, allocation, args.bandwidth),
    dropShaper: ({ args }) => shapers.drop(args.interface),
    startEngine: () => engineProcesses.start(account, allocation),
    createContext: () => contexts.create(account),
    dropContext: () => contexts.drop(account),
    loadImage: async ({ args }, signal) =>
      engines.loadImage(account, args.image.name, await ports.images.archive(args.image, signal)),
    removeImage: ({ args }) => engines.removeImage(account, args.name),
    createNetwork: ({ args }) => engines.createNetwork(account, args.network),
    removeNetwork: ({ args }) => engines.removeNetwork(account, args.name),
    createContainer: ({ args }) => engines.createContainer(account, args.container, containerDigest(args.container)),
    startContainer: ({ args }) => engines.startContainer(account, args.name),
    stopServices: async () => {
      if ((await engineProcesses.observe(account)) === 'running') await engines.stopContainers(account)
    },
    removeContainer: ({ args }) => engines.removeContainer(account, args.name),
    updateContainer: ({ args }) => engines.updateContainer(account, args.name, args.limits),
    connectNetwork: ({ args }) => engines.connectNetwork(account, args.name, args.attachment),
    reloadService: ({ args }, signal) => reload(ports, account, args, signal),
    awaitReloaded: (step, signal) => awaitReloaded(ports, account, step, signal),
    recordConfig: ({ args }) => store.writeLoadedConfig(account, args.name, args.digest),
    awaitHealthy: ({ args }, signal) => awaitHealthy(ports, account, args.container, signal),
    ensureSchema: ({ args }) => databases.ensureSchema(args.endpoint, args.schema),
    dropSchema: ({ args }) => databases.dropSchema(args.endpoint, args.name),
    publishRoute: ({ args }) => edge.publish(args.route.host, args.route.entry),
    withdrawRoute: async ({ args }) => {
      await edge.withdraw(args.host)
      await certificates.drop(args.host)
    },
    ensureZone: ({ args }) => zones.ensure(account, args.zone),
    dropZone: ({ args }) => zones.drop(account, args.name),
  }
}
