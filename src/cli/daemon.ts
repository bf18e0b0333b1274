import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { AccountReconciler } from '../control/account-reconciler.ts'
import { CertificateKeeper } from '../control/certificate-keeper.ts'
import { Claims } from '../control/claims.ts'
import { accountKey, Controller, HOST_KEY } from '../control/controller.ts'
import { HostReconciler } from '../control/host-reconciler.ts'
import { recordIsolation } from '../control/isolation-verdict.ts'
import { jobJournal } from '../control/job-journal.ts'
import { JobScheduler } from '../control/job-scheduler.ts'
import { createMetrics, type Metrics } from '../control/metrics.ts'
import { rememberConditions } from '../control/remember-conditions.ts'
import { rememberHealth } from '../control/remember-health.ts'
import { createWorkQueue, type WorkQueue } from '../control/work-queue.ts'
import { systemClock } from '../drivers/clock.ts'
import { ensureDataRoot } from '../drivers/host/passable.ts'
import { runProgram } from '../drivers/host/program.ts'
import { outwardInterface } from '../drivers/host/shapers.ts'
import { readUsages } from '../drivers/host/tenant-usage.ts'
import { ensureStorageImage, refuseForgottenImage } from '../drivers/quotas/storage-image.ts'
import { acquireLock } from '../drivers/store/lock.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import type { DesiredTenant, ObservedTenant } from '../plan/resources.ts'
import { type HostSettings, hostLayout, pendingSettings, storageImageFile } from '../plan/settings.ts'
import { reverseZoneNames } from '../plan/zones/reverse-zones.ts'
import type { Confinement } from '../ports/confinement.ts'
import type { Ports } from '../ports/ports.ts'
import type { Store } from '../ports/store.ts'
import { serveApi } from '../sources/api-server.ts'
import { DirectoryWatch } from '../sources/directory-watch.ts'
import { EngineWatch } from '../sources/engine-watch.ts'
import { watchFirewall } from '../sources/firewall-watch.ts'
import { followSpecs } from '../sources/follow-specs.ts'
import { watchLinks } from '../sources/link-watch.ts'
import { serveMetrics } from '../sources/metrics-server.ts'
import type { SpecView } from '../sources/spec-view.ts'
import { watchStorage } from '../sources/storage-watch.ts'
import { CGROUP_ROOT } from './cgroup-root.ts'
import { openImageCache, recipesHere } from './image-cache.ts'
import { type RealHost, realHost } from './real-ports.ts'
import { openSpecs, rememberHost, settingsInForce } from './specs.ts'

export interface DaemonOptions {
  readonly specsDirectory: string
  readonly stateDirectory: string
  readonly runDirectory: string
  readonly version: string
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Accounts worked on at once. */
const ACCOUNTS_AT_ONCE = 8
/** Steps of one account under way at once. */
const STEPS_AT_ONCE = 8
/** A quarter of what Linux lets one user watch by default on a small machine. */
const WATCHED_DIRECTORIES = 8_192

/** What the daemon is put together from. */
interface Assembly {
  readonly settings: HostSettings
  readonly host: RealHost
  readonly ports: Ports
  readonly specs: SpecView
  readonly queue: WorkQueue
  readonly metrics: Metrics
}

/** Takes what the records say of host names; answers the accounts that have a record. */
const restoreClaims = async (store: Store, claims: Claims): Promise<readonly string[]> => {
  const names = await store.listRecords()
  for (const name of names) {
    const record = await store.readRecord(name)
    if (record !== undefined) claims.restore(name, record.hosts)
  }
  return names
}

const assemble = async (options: DaemonOptions): Promise<Assembly> => {
  const { specsDirectory, logger, signal } = options
  const recipes = await recipesHere()
  const specs = await openSpecs(specsDirectory, recipes, options)
  const settings = await settingsInForce(specs, options)
  const { images } = openImageCache({
    recipes,
    registry: () => specs.registry(settings),
    environment: process.env,
    report: ({ subject, message }) => logger.info({ subject, message }, 'image build'),
  })
  const host = realHost(settings, images, signal)
  const queue = createWorkQueue(host.ports.clock)
  const metrics = createMetrics({
    version: options.version,
    readUsages: (interfaces) => readUsages(CGROUP_ROOT, settings.instance, interfaces),
    queueDepth: () => queue.depth(),
  })
  const ports = {
    ...host.ports,
    engines: rememberHealth(host.ports.engines),
    store: rememberConditions(host.ports.store, metrics.told),
  }
  return { settings, host, ports, specs, queue, metrics }
}

/** Before anything touches the data root, which may be empty until then, as after a reboot. */
const mountStorage = async (settings: HostSettings, hasAccounts: () => Promise<boolean>): Promise<void> => {
  const { storageImage: image, dataRoot, stateDirectory } = settings
  if (image === 'none') await refuseForgottenImage(storageImageFile(stateDirectory), hasAccounts)
  else await ensureStorageImage({ image, dataRoot, runProgram, hasAccounts })
}

/** What is not made yet when listening begins. */
interface Listened {
  readonly controller: () => Controller
  readonly jobs: () => JobScheduler
  readonly certificates: () => CertificateKeeper
}

/** Directories in which someone else's write to a tenant shows. */
const watchedDirectories = ({ settings, host }: Assembly, desired: DesiredTenant): string[] => [
  ...host.cgroups.directories(desired.account),
  ...desired.routes.map((route) => join(hostLayout(settings).edge, route.host)),
]

/** Those who are told of passes, and of whom some tell the controller where to look. */
const listen = (assembly: Assembly, { controller, jobs, certificates }: Listened, options: DaemonOptions) => {
  const { logger, signal } = options
  const onHint = (account: string): void => controller().hint(accountKey(account))
  const engines = new EngineWatch({ engines: assembly.ports.engines, onHint, logger })
  const directories = new DirectoryWatch({ onHint, limit: WATCHED_DIRECTORIES })
  const interfaces = new Map<string, string>()
  watchFirewall({
    table: assembly.settings.instance,
    onLost: () => controller().hint(HOST_KEY),
    logger,
    signal,
  })
  void watchStorage({
    quotas: assembly.ports.quotas,
    clock: assembly.ports.clock,
    onUncounted: onHint,
    logger,
    signal,
  })
  watchLinks({
    onLink: (name) => {
      const account = interfaces.get(name)
      if (account !== undefined) onHint(account)
    },
    logger,
    signal,
  })
  return {
    onPass: (desired: DesiredTenant, observed: ObservedTenant): void => {
      jobs().update(desired, observed.jobs)
      certificates().update(desired, observed)
      engines.watch(desired.account)
      directories.watch(desired.account, watchedDirectories(assembly, desired))
      const nic = desired.allocation.interface
      for (const name of [nic, outwardInterface(nic)]) interfaces.set(name, desired.account)
      assembly.metrics.stands(desired.account, nic)
    },
    onDeleted: (account: string): void => {
      jobs().forget(account)
      certificates().forget(account)
      engines.unwatch(account)
      directories.unwatch(account)
      assembly.metrics.forget(account)
    },
    close: (): void => {
      jobs().close()
      certificates().close()
      engines.close()
      directories.close()
    },
  }
}

/** Tells the claims what the specs say. */
const wish = (specs: SpecView, claims: Claims, settings: HostSettings, accounts: Iterable<string>): void => {
  const { assigned, reserved } = (specs.settings(settings) ?? settings).domains
  claims.rule({ assigned, reserved: [...reserved, ...reverseZoneNames(settings.dns)] })
  for (const account of accounts) claims.want(account, specs.hosts(account))
}

const makeController = (assembly: Assembly, options: DaemonOptions) => {
  const { settings, ports, specs, queue, metrics } = assembly
  const { logger } = options
  const listening = listen(
    assembly,
    { controller: () => controller, jobs: () => jobs, certificates: () => certificates },
    options,
  )
  const claims = new Claims((freed) => {
    for (const account of freed) controller.hint(accountKey(account))
  })
  const accounts = new AccountReconciler({
    ports,
    settings,
    deletionPolicy: () => specs.deletionPolicy(settings),
    kinds: allKinds,
    specs,
    claims,
    logger,
    concurrency: STEPS_AT_ONCE,
    onPass: listening.onPass,
    onDeleted: listening.onDeleted,
  })
  const jobs = new JobScheduler({ ...ports, journal: jobJournal(accounts.status, ports.store), logger })
  const certificates = new CertificateKeeper({
    ...ports,
    logger,
    onFound: (account) => controller.hint(accountKey(account)),
  })
  const pending = (): readonly string[] => pendingSettings(settings, specs.settings(settings) ?? settings)
  const host = new HostReconciler({
    ports,
    settings,
    logger,
    specProblems: () => specs.problems(),
    pending,
    remember: () => rememberHost(specs, options),
  })
  const controller = new Controller({
    queue,
    accounts,
    host,
    clock: ports.clock,
    logger,
    concurrency: ACCOUNTS_AT_ONCE,
    resyncMs: settings.resyncMs,
    onPass: metrics.passed,
  })
  return { controller, claims, jobs, listening, status: accounts.status }
}

/** Before any engine starts containers that name it; what keeps it from being loaded, the host's pass tells. */
const loadProfile = async (confinement: Confinement, logger: Logger): Promise<void> => {
  try {
    const seen = await confinement.observe()
    if (seen === 'absent' || seen === 'stale') await confinement.ensure()
  } catch (error) {
    logger.error({ err: error }, 'the AppArmor profile of services is not loaded')
  }
}

/**
 * The operator, until `signal` aborts. Tenants and their sites go on without it.
 * @throws Error when another daemon runs, or when the Host's settings can't be read for the first time.
 */
export const runDaemon = async (options: DaemonOptions): Promise<void> => {
  const { runDirectory, logger, signal } = options
  await mkdir(runDirectory, { recursive: true, mode: 0o755 })
  const lock = await acquireLock(join(runDirectory, 'palisade.lock'))
  try {
    const assembly = await assemble(options)
    const { ports, specs, settings, metrics } = assembly
    await mountStorage(settings, async () => (await ports.store.listRecords()).length > 0)
    await ensureDataRoot(settings.dataRoot)
    await loadProfile(ports.confinement, logger)
    const { controller, claims, jobs, listening, status } = makeController(assembly, options)
    const recorded = await restoreClaims(ports.store, claims)
    wish(specs, claims, settings, specs.names())
    const api = await serveApi({
      socketPath: hostLayout(settings).apiSocket,
      version: options.version,
      startedAt: new Date(systemClock.now()).toISOString(),
      knows: async (account) => specs.names().has(account) || (await ports.store.readRecord(account)) !== undefined,
      plan: (account) => controller.plan(account),
      rotatePasswords: (account, owners) => controller.rotatePasswords(account, owners),
      hint: (account) => controller.hint(accountKey(account)),
      runJob: (account, site, name) => jobs.runNow(account, site, name),
      recordIsolation: (account, summary) => recordIsolation(status, ports.store, account, summary),
      metrics,
      logger,
    })
    const scraped =
      settings.metricsListen === '' ? undefined : serveMetrics({ listen: settings.metricsListen, metrics, logger })
    const watching = followSpecs(options.specsDirectory, {
      specs,
      controller,
      onRead: (changed) => wish(specs, claims, settings, changed),
      clock: ports.clock,
      signal,
      logger,
    })
    controller.hint(HOST_KEY)
    for (const account of new Set([...recorded, ...specs.names()])) controller.hint(accountKey(account))
    logger.info(
      { version: options.version, specs: options.specsDirectory, accounts: specs.names().size },
      'daemon started',
    )
    try {
      await controller.run(signal)
    } finally {
      listening.close()
      api.close()
      scraped?.close()
      await watching
    }
    logger.info('daemon stopped')
  } finally {
    await lock.release()
  }
}
