import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attacking, LatencyMeter } from '../../isolation/ports.ts'
import type { Tools } from '../../isolation/run-probes.ts'
import type { Scene } from '../../isolation/scene.ts'
import type { DesiredImage, DesiredTenant } from '../../plan/resources.ts'
import { type HostSettings, tenantLayout } from '../../plan/settings.ts'
import type { Engines, Images } from '../../ports/engine.ts'
import type { Sandboxes } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import type { UseEngine } from '../engine/engine-client.ts'
import type { TenantCgroups } from '../host/cgroups.ts'
import type { RunProgram } from '../host/program.ts'
import { attackFromRoot, type RootPosition } from './from-root.ts'
import { attackFromService, type ServicePosition } from './from-service.ts'
import { latencyMeter } from './latency.ts'
import { nftWitness } from './witness.ts'

export interface ToolsOptions {
  readonly settings: HostSettings
  readonly cgroups: TenantCgroups
  readonly sandboxes: Sandboxes
  readonly useEngine: UseEngine
  readonly engines: Pick<Engines, 'loadImage' | 'removeImage'>
  readonly images: Images
  /** Made by the recipe `probe`. */
  readonly image: DesiredImage
  readonly runProgram: RunProgram
  readonly clock: Clock
  readonly libexecDirectory: string
  readonly attacker: DesiredTenant
  /** What of the fence is taken away, to see that it is missed; {@link WHOLE_FENCE} else. */
  readonly alterations: Alterations
}

export interface Alterations {
  readonly container: ServicePosition['alter']
  readonly entry: RootPosition['alter']
}

export const WHOLE_FENCE: Alterations = { container: (options) => options, entry: (entry) => entry }

/** Long enough for a 99th percentile of 150 questions. */
const ALONE_MS = 3_000
const WEB_NETWORK = 'www'

/** Attacks from a container; the image is loaded for the first of them. */
const serviceAttacks = (options: ToolsOptions, program: string, scene: Scene) => {
  const { settings, useEngine, engines, images, image, attacker, alterations } = options
  const { account, networks, runtime } = attacker
  const { engineData } = tenantLayout(settings, account)
  const { memoryBytes, pids, tmpBytes } = scene.container
  let loading: Promise<void> | undefined
  const load = async (signal: AbortSignal): Promise<void> =>
    engines.loadImage(account, image.name, await images.archive(image, signal))
  return {
    async attack(...[, attempts, signal]: Parameters<Attacking>) {
      loading ??= load(signal)
      await loading
      const limits = { cpuMillis: attacker.limits.cpuMillis, memoryBytes, pids }
      const network = networks.find(({ name }) => name === WEB_NETWORK)?.name
      const position = { image, runtime, program, network, engineData, limits, tmpBytes, alter: alterations.container }
      return useEngine(account, (engine) => attackFromService({ engine, ...position }, attempts, signal))
    },
    close: async (): Promise<void> => {
      if (loading !== undefined) await engines.removeImage(account, image.name).catch(() => undefined)
    },
  }
}

const rootAttacks =
  ({ sandboxes, cgroups, libexecDirectory, attacker, alterations }: ToolsOptions, program: string): Attacking =>
  async (_position, attempts, signal) => {
    const { account } = attacker
    const sandbox = await sandboxes.observe(account)
    if (sandbox === 'absent') throw new Error(`the sandbox of ${account} does not stand`)
    const processFiles = cgroups.processFiles(account)
    const position = { libexecDirectory, program, processFiles, holder: sandbox.pid, alter: alterations.entry }
    return { answers: await attackFromRoot(position, attempts, signal), keptLogBytes: 0 }
  }

const latencyOf = async ({ settings }: ToolsOptions, { neighbour }: Scene): Promise<'none' | LatencyMeter> =>
  neighbour === 'none' || neighbour.host === undefined ? 'none' : latencyMeter({ ...settings, host: neighbour.host })

/** Lends what probes need on a real host. Nothing of it stays: no container, no image, no packet rule. */
export const withTools = async <T>(
  options: ToolsOptions,
  scene: Scene,
  signal: AbortSignal,
  use: (tools: Tools) => Promise<T>,
): Promise<T> => {
  const { runProgram, clock, libexecDirectory } = options
  const program = await readFile(join(libexecDirectory, 'attack'), 'utf8')
  const service = serviceAttacks(options, program, scene)
  const root = rootAttacks(options, program)
  const { attacker, neighbour } = scene
  try {
    return await use({
      attack: (position, ...rest) => (position === 'service' ? service.attack : root)(position, ...rest),
      witness: nftWitness({
        runProgram,
        // One that was left by a run that was killed is replaced by the next.
        table: `palisade_witness_${attacker.interface}`,
        interface: attacker.interface,
        address: attacker.address,
        ipv6Address: attacker.ipv6 === 'none' ? 'none' : attacker.ipv6.address,
        neighbourInterface: neighbour === 'none' ? attacker.interface : neighbour.interface,
      }),
      latency: await latencyOf(options, scene),
      aloneMs: ALONE_MS,
      sleep: (ms, abort) => clock.sleep(ms, abort),
      signal,
    })
  } finally {
    await service.close()
  }
}
