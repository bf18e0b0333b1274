import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { AccountReconciler, type AccountReconcilerOptions } from '../src/control/account-reconciler.ts'
import { Claims } from '../src/control/claims.ts'
import { Controller } from '../src/control/controller.ts'
import { HostReconciler } from '../src/control/host-reconciler.ts'
import type { ReconcileResult } from '../src/control/judge-pass.ts'
import { createWorkQueue } from '../src/control/work-queue.ts'
import { systemClock } from '../src/drivers/clock.ts'
import { fileStore } from '../src/drivers/store/file-store.ts'
import { allKinds } from '../src/kinds/all-kinds.ts'
import type { HostSettings } from '../src/plan/settings.ts'
import type { Ports } from '../src/ports/ports.ts'
import { followSpecs } from '../src/sources/follow-specs.ts'
import { loadSpecContext } from '../src/sources/spec-context.ts'
import { SpecView } from '../src/sources/spec-view.ts'
import { settings as defaults } from '../test/fakes/accounts.ts'
import { SimulatedHost } from '../test/fakes/simulated-host.ts'
import { simulatedImages } from './simulated-specs.ts'

/** As in the daemon. */
const ACCOUNTS_AT_ONCE = 8
const STEPS_AT_ONCE = 8

export interface SimulatedOperatorOptions {
  readonly specsDirectory: string
  /** Below it stand records, status and events. */
  readonly directory: string
  /** Told of each changing call, as it begins. */
  readonly onChange: (call: string) => void
  readonly signal: AbortSignal
}

/** The daemon, but for the host below it. */
export interface SimulatedOperator {
  readonly specs: SpecView
  readonly controller: Controller
  /** Resolves when so many more passes have ended. @throws Error when one of them did not converge. */
  readonly passes: (count: number) => Promise<void>
  /** Takes everything from the host, so that its share of the memory shows. No pass may follow. */
  readonly emptyHost: () => void
  /** Until the signal aborts. */
  readonly run: () => Promise<void>
}

class PassCounter {
  #left = 0
  #resolve: () => void = () => {}
  #reject: (error: unknown) => void = () => {}

  next(count: number): Promise<void> {
    this.#left = count
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  ended(result: ReconcileResult): void {
    if (result.next !== 'idle') this.#reject(new Error(`a pass did not converge: ${JSON.stringify(result)}`))
    this.#left -= 1
    if (this.#left === 0) this.#resolve()
  }
}

class CountedReconciler extends AccountReconciler {
  readonly #counter: PassCounter

  constructor(options: AccountReconcilerOptions, counter: PassCounter) {
    super(options)
    this.#counter = counter
  }

  override async reconcile(account: string, signal: AbortSignal): Promise<ReconcileResult> {
    const result = await super.reconcile(account, signal)
    this.#counter.ended(result)
    return result
  }
}

class WatchedHost extends SimulatedHost {
  readonly #onChange: (call: string) => void

  constructor(settings: HostSettings, onChange: (call: string) => void) {
    super(systemClock, settings)
    this.#onChange = onChange
  }

  /** Keeps no list of calls: with many accounts it would be much of the memory that is measured. */
  override change(call: string): void {
    this.#onChange(call)
  }

  empty(): void {
    for (const held of [this.tenants, this.routes, this.accountOfUid, this.accountOfInterface]) held.clear()
  }
}

interface Assembly {
  readonly ports: Ports
  readonly settings: HostSettings
  readonly specs: SpecView
  readonly counter: PassCounter
  readonly logger: Logger
}

const makeController = ({ ports, settings, specs, counter, logger }: Assembly): Controller => {
  const accounts = new CountedReconciler(
    {
      ports,
      settings,
      deletionPolicy: () => specs.deletionPolicy(settings),
      kinds: allKinds,
      specs,
      claims: new Claims(),
      logger,
      concurrency: STEPS_AT_ONCE,
    },
    counter,
  )
  return new Controller({
    queue: createWorkQueue(ports.clock),
    accounts,
    host: new HostReconciler({
      ports,
      settings,
      logger,
      specProblems: () => specs.problems(),
      pending: () => [],
      remember: async () => undefined,
    }),
    clock: ports.clock,
    logger,
    concurrency: ACCOUNTS_AT_ONCE,
    resyncMs: settings.resyncMs,
  })
}

/** @throws Error when the specs have problems. */
export const openSimulatedOperator = async (options: SimulatedOperatorOptions): Promise<SimulatedOperator> => {
  const { specsDirectory, directory, onChange, signal } = options
  const settings: HostSettings = {
    ...defaults,
    stateDirectory: join(directory, 'state'),
    runDirectory: join(directory, 'run'),
    dataRoot: join(directory, 'state'),
  }
  const specs = await SpecView.open(specsDirectory, await loadSpecContext(allKinds, simulatedImages))
  if (specs.problems().length > 0) throw new Error(specs.problems().slice(0, 5).join('\n'))
  const counter = new PassCounter()
  // Its files are the operator's own work, not the host's: they are real.
  const store = fileStore({ settings, clock: systemClock })
  const host = new WatchedHost(settings, onChange)
  const ports: Ports = { ...host.ports(), store }
  const logger = pino({ level: 'silent' })
  const controller = makeController({ ports, settings, specs, counter, logger })
  return {
    specs,
    controller,
    passes: (count) => counter.next(count),
    emptyHost: () => host.empty(),
    async run() {
      const onRead = (): void => {}
      const following = followSpecs(specsDirectory, { specs, controller, onRead, clock: systemClock, signal, logger })
      await Promise.all([controller.run(signal), following])
    },
  }
}
