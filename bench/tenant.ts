import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { openImageCache, recipesHere } from '../src/cli/image-cache.ts'
import { realHost } from '../src/cli/real-ports.ts'
import { openSpecs } from '../src/cli/specs.ts'
import { deleteAccount } from '../src/control/account-deletion.ts'
import { AccountReconciler } from '../src/control/account-reconciler.ts'
import { Claims } from '../src/control/claims.ts'
import { rememberHealth } from '../src/control/remember-health.ts'
import { createContexts } from '../src/drivers/host/contexts.ts'
import { runProgram } from '../src/drivers/host/program.ts'
import { allKinds } from '../src/kinds/all-kinds.ts'
import { allocationOf } from '../src/plan/allocation.ts'
import { render } from '../src/plan/render.ts'
import type { ResolvedAccount } from '../src/plan/resolved-account.ts'
import type { DesiredTenant } from '../src/plan/resources.ts'
import { type HostSettings, tenantLayout } from '../src/plan/settings.ts'
import type { Engines } from '../src/ports/engine.ts'
import type { Ports } from '../src/ports/ports.ts'
import { settings as defaults, EditableSpecs } from '../test/fakes/accounts.ts'

/** As in the daemon. */
const STEPS_AT_ONCE = 8
const ACCOUNT = 'plbench'
const EXAMPLE = 'examples/quickstart'

export interface TenantOptions {
  /** Root of the checkout, where the examples are. */
  readonly checkout: string
  readonly report: (message: string) => void
  readonly signal: AbortSignal
}

/** When the last of something was done, by `performance.now()`. */
export interface Marks {
  /** A container or a network was made. */
  created: number
  /** A service was found healthy. */
  healthy: number
}

/** The quickstart's tenant on the real host, apart from any installation there is. */
export interface BenchTenant {
  readonly settings: HostSettings
  readonly desired: DesiredTenant
  readonly ports: Ports
  readonly marks: Marks
  readonly engineSocket: string
  /** For files of the benchmark. */
  readonly directory: string
  /** One pass, as the daemon would do it. @throws what it failed with, or Error when something is left to do. */
  readonly reconcile: (signal: AbortSignal) => Promise<void>
}

const benchSettings = (stateDirectory: string, runDirectory: string): HostSettings => ({
  ...defaults,
  instance: 'plbench',
  stateDirectory,
  runDirectory,
  dataRoot: stateDirectory,
  interfacePrefix: 'plb',
  ipv4Pool: '10.98.0.0/24',
  uidBase: 1_072_700_000,
  subIdBase: 1_060_000_000,
  retainData: false,
})

/** Notes when its calls were done. */
const marking = (engines: Engines, marks: Marks): Engines => ({
  ...engines,
  async createNetwork(account, network) {
    await engines.createNetwork(account, network)
    marks.created = performance.now()
  },
  async createContainer(account, container, digest) {
    await engines.createContainer(account, container, digest)
    marks.created = performance.now()
  },
  async probe(account, container, signal) {
    const result = await engines.probe(account, container, signal)
    if (result.verdict === 'healthy') marks.healthy = performance.now()
    return result
  },
})

const quickstart = async (settings: HostSettings, { checkout, report }: TenantOptions) => {
  const recipes = await recipesHere()
  const { images } = openImageCache({
    recipes,
    registry: () => settings,
    environment: process.env,
    report: ({ subject, message }) => report(`${subject}: ${message}`),
  })
  const view = await openSpecs(join(checkout, EXAMPLE), recipes, settings)
  const [name] = view.names()
  const verdict = view.find(name ?? '')
  if (verdict.state !== 'valid') throw new Error(`${EXAMPLE} holds no valid account: ${view.problems().join('; ')}`)
  const resolved: ResolvedAccount = { ...verdict.resolved, name: ACCOUNT }
  return { images, resolved }
}

const assemble = async (settings: HostSettings, options: TenantOptions): Promise<BenchTenant> => {
  const { images, resolved } = await quickstart(settings, options)
  const marks: Marks = { created: 0, healthy: 0 }
  const real = realHost(settings, images, options.signal).ports
  const dockerConfig = join(settings.stateDirectory, 'docker')
  const ports: Ports = {
    ...real,
    engines: rememberHealth(marking(real.engines, marks)),
    contexts: createContexts({ settings, runProgram, dockerConfig }),
  }
  const reconciler = new AccountReconciler({
    ports,
    settings,
    deletionPolicy: () => settings,
    kinds: allKinds,
    specs: new EditableSpecs().put(resolved),
    claims: new Claims(),
    logger: pino({ level: 'silent' }),
    concurrency: STEPS_AT_ONCE,
  })
  return {
    settings,
    desired: render(
      resolved,
      allocationOf(settings, await ports.store.nextIndex(async () => true)),
      settings,
      allKinds,
    ),
    ports,
    marks,
    engineSocket: tenantLayout(settings, ACCOUNT).engineSocket,
    directory: settings.stateDirectory,
    async reconcile(signal) {
      const result = await reconciler.reconcile(ACCOUNT, signal)
      if (result.next === 'retry') throw result.error
      if (result.next !== 'idle') throw new Error(`the account did not converge: ${JSON.stringify(result)}`)
    },
  }
}

/** Goes on when the benchmark was interrupted: nothing of it may stay. */
const remove = async ({ ports, settings }: BenchTenant): Promise<void> => {
  const { signal } = new AbortController()
  const record = await ports.store.readRecord(ACCOUNT)
  if (record === undefined) return
  const onStep = async () => undefined
  await deleteAccount(record, settings, false, { ports, concurrency: STEPS_AT_ONCE, signal, onStep })
}

/** Lends a tenant that has converged, and removes all of it afterwards, whatever happened. */
export const withTenant = async <T>(options: TenantOptions, use: (tenant: BenchTenant) => Promise<T>): Promise<T> => {
  const stateDirectory = await mkdtemp('/var/lib/palisade-bench-')
  const runDirectory = await mkdtemp('/run/palisade-bench-')
  const directories = [stateDirectory, runDirectory]
  try {
    // Tenants' own users pass through.
    for (const directory of directories) await chmod(directory, 0o755)
    const tenant = await assemble(benchSettings(stateDirectory, runDirectory), options)
    try {
      await tenant.reconcile(options.signal)
      return await use(tenant)
    } finally {
      await remove(tenant)
    }
  } finally {
    for (const directory of directories) await rm(directory, { recursive: true, force: true })
  }
}
