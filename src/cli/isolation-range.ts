import { join } from 'node:path'
import { systemClock } from '../drivers/clock.ts'
import { runProgram } from '../drivers/host/program.ts'
import { readScene } from '../drivers/isolation/read-scene.ts'
import { type ToolsOptions, WHOLE_FENCE, withTools } from '../drivers/isolation/tools.ts'
import type { Probe } from '../isolation/probe.ts'
import { runProbes } from '../isolation/run-probes.ts'
import type { DesiredTenant } from '../plan/resources.ts'
import type { HostSettings } from '../plan/settings.ts'
import type { Ports } from '../ports/ports.ts'
import { openImageCache, PROBE_RECIPE, type Recipes } from './image-cache.ts'
import type { Io } from './io.ts'
import type { VerifiedAccount } from './isolation-table.ts'
import { packageRoot } from './package-root.ts'
import { realHost } from './real-ports.ts'

/** A host that is attacked, and what it is attacked with. */
export interface Range extends Omit<ToolsOptions, 'attacker'> {
  readonly ports: Ports
}

/** Attacks nothing yet. */
export const openRange = (
  settings: HostSettings,
  recipes: Recipes,
  { env, stderr, signal }: Pick<Io, 'env' | 'stderr' | 'signal'>,
): Range => {
  const cache = openImageCache({
    recipes,
    registry: () => settings,
    environment: env,
    report: ({ subject, message }) => stderr.write(`${subject}: ${message}\n`),
  })
  const { ports, cgroups, useEngine } = realHost(settings, cache.images, signal)
  return {
    ...ports,
    ports,
    settings,
    cgroups,
    useEngine,
    image: { name: cache.recipes.imageOf(PROBE_RECIPE), sources: [{ from: 'recipe', recipe: PROBE_RECIPE }] },
    runProgram,
    clock: systemClock,
    libexecDirectory: join(packageRoot, 'libexec'),
    alterations: WHOLE_FENCE,
  }
}

export interface Opponents {
  readonly attacker: DesiredTenant
  readonly neighbour: DesiredTenant | undefined
}

/** RFC 3339, without parts of a second. */
const timestamp = (now: number): string => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')

/** Tries probes from inside one account. */
export const verifyAccount = async (
  range: Range,
  { attacker, neighbour }: Opponents,
  probes: readonly Probe[],
  signal: AbortSignal,
): Promise<VerifiedAccount> => {
  const verifiedAt = timestamp(range.clock.now())
  const scene = await readScene({ ...range.ports, ...range, attacker, neighbour })
  const findings = await withTools({ ...range, attacker }, scene, signal, (tools) => runProbes(probes, scene, tools))
  return { account: attacker.account, neighbour: neighbour?.account ?? '', verifiedAt, findings }
}
