import type { Logger } from 'pino'
import type { HostSettings } from '../plan/settings.ts'
import { TerminalError } from '../ports/errors.ts'
import type { Ports } from '../ports/ports.ts'
import { toConditions, type Verdict } from './conditions.ts'
import { reverseZonesLayer } from './reverse-zones.ts'
import { conditionsOf } from './status-writer.ts'

export interface HostReconcilerOptions {
  readonly ports: Ports
  readonly settings: HostSettings
  readonly logger: Logger
  /** What is wrong with the spec files as a whole, one line each. */
  readonly specProblems: () => readonly string[]
  /** Names of settings that are written but not in force. */
  readonly pending: () => readonly string[]
  /** Keeps the Host as it is written now for a time when its file is broken. */
  readonly remember: () => Promise<void>
}

interface Layer {
  readonly type: string
  readonly observe: () => Promise<string>
  readonly ensure: () => Promise<void>
  /** What is to be seen. */
  readonly ready: readonly string[]
  /** What a host is seen to have that can do without. */
  readonly absent?: { readonly seen: string; readonly message: string }
}

/** Of a layer that the kernel does not have; it keeps nothing from being ready. */
const NOT_AVAILABLE = 'NotAvailable'

/** What all tenants share: the packet rules, the profile of services, the edge's server and the name server. */
export class HostReconciler {
  readonly #options: HostReconcilerOptions
  readonly #layers: readonly Layer[]

  constructor(options: HostReconcilerOptions) {
    this.#options = options
    const { firewall, edgeServer, nameServer, zones, confinement } = options.ports
    const reverse = reverseZonesLayer(zones, options.settings.dns)
    this.#layers = [
      { type: 'FirewallInForce', observe: () => firewall.observe(), ensure: () => firewall.ensure(), ready: ['ready'] },
      {
        type: 'AppArmorEnforced',
        observe: () => confinement.observe(),
        ensure: () => confinement.ensure(),
        ready: ['enforced'],
        absent: { seen: 'unavailable', message: 'this kernel has no AppArmor in force' },
      },
      { type: 'EdgeReady', observe: () => edgeServer.observe(), ensure: () => edgeServer.ensure(), ready: ['running'] },
      {
        type: 'NameServerReady',
        observe: () => nameServer.observe(),
        ensure: () => nameServer.ensure(),
        ready: ['running', 'unneeded'],
      },
      { type: 'ReverseZonesReady', observe: reverse.observe, ensure: reverse.ensure, ready: ['ready'] },
    ]
  }

  /** @throws what a layer could not be repaired for, after all layers were tried. */
  async reconcile(): Promise<void> {
    const outcomes = []
    for (const layer of this.#layers) outcomes.push(await this.#repair(layer))
    await this.#write([...outcomes.map(({ verdict }) => verdict), await this.#pool()])
    await this.#options.remember()
    const failed = outcomes.find(({ error }) => error !== undefined)
    if (failed !== undefined) throw failed.error
  }

  async #repair({ type, observe, ensure, ready, absent }: Layer): Promise<{ verdict: Verdict; error?: unknown }> {
    const asDesired: Verdict = { type, status: 'True', reason: 'AsDesired', message: '' }
    try {
      const seen = await observe()
      if (ready.includes(seen)) return { verdict: asDesired }
      if (seen === absent?.seen)
        return { verdict: { type, status: 'False', reason: NOT_AVAILABLE, message: absent.message } }
      await ensure()
      this.#options.logger.info({ layer: type, seen }, 'host layer repaired')
      const message = `${type} was ${seen}; repaired`
      await this.#options.ports.store.appendEvent({
        type: 'Normal',
        reason: 'HostRepaired',
        object: 'Host/default',
        message,
      })
      return { verdict: asDesired }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const reason = error instanceof TerminalError ? error.reason : 'RepairFailed'
      return { verdict: { type, status: 'False', reason, message }, error }
    }
  }

  /** Nothing to repair: someone has to choose. */
  async #pool(): Promise<Verdict> {
    const type = 'AddressPoolFree'
    const pool = await this.#options.ports.nics.observePool()
    if (pool !== 'free') return { type, status: 'False', ...pool }
    return { type, status: 'True', reason: 'AsDesired', message: '' }
  }

  #settings(): Verdict {
    const pending = this.#options.pending()
    const type = 'SettingsInForce'
    if (pending.length === 0) return { type, status: 'True', reason: 'AsDesired', message: '' }
    const message = `${pending.join(', ')}: in force from the daemon's next start on`
    return { type, status: 'False', reason: 'RestartRequired', message }
  }

  async #write(layers: readonly Verdict[]): Promise<void> {
    const { ports, specProblems } = this.#options
    const problems = specProblems()
    const specs: Verdict =
      problems.length === 0
        ? { type: 'SpecsValid', status: 'True', reason: 'Valid', message: '' }
        : { type: 'SpecsValid', status: 'False', reason: 'InvalidSpec', message: problems.join('; ') }
    const bad = layers.find(({ status, reason }) => status !== 'True' && reason !== NOT_AVAILABLE)
    const ready: Verdict =
      bad === undefined
        ? { ...specs, type: 'Ready', status: 'True', reason: 'AsDesired', message: '' }
        : { ...bad, type: 'Ready' }
    const conditions = toConditions(
      [ready, ...layers, specs, this.#settings()],
      conditionsOf(await ports.store.readStatus('Host', 'default')),
      1,
      ports.clock.now(),
    )
    await ports.store.writeStatus('Host', 'default', {
      apiVersion: 'palisade.dev/v1',
      kind: 'Host',
      metadata: { name: 'default' },
      status: { conditions },
    })
  }
}
