import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { recipesHere } from '../src/cli/image-cache.ts'
import { openRange } from '../src/cli/isolation-range.ts'
import { attackersNamed } from '../src/cli/isolation-scene.ts'
import { openSpecs, settingsInForce } from '../src/cli/specs.ts'
import { readScene } from '../src/drivers/isolation/read-scene.ts'
import { withTools } from '../src/drivers/isolation/tools.ts'
import { EXHAUSTION_PROBES } from '../src/isolation/exhaustion-probes.ts'
import type { Latency, LatencyMeter } from '../src/isolation/ports.ts'
import { type ExhaustionProbe, isNotTried, type Probe } from '../src/isolation/probe.ts'
import type { Tools } from '../src/isolation/run-probes.ts'
import type { Scene } from '../src/isolation/scene.ts'
import { type Installation, installation } from '../test/fixtures/installation.ts'
import type { Result } from './result.ts'
import { median } from './statistics.ts'

const ATTACKER = 'pl2attacker'
const NEIGHBOUR = 'pl2neighbour'
const ROUNDS = 4
const ROUND_MS = 3_000
const GOAL = 2

const account = (name: string) => ({
  apiVersion: 'palisade.dev/v1',
  kind: 'Account',
  metadata: { name },
  spec: {
    // Half of a machine of two processors: a host that sells more than it has can promise nothing.
    limits: { cpu: '1', memory: '512Mi', pids: 256 },
    web: { server: 'nginx' },
    sites: [{ domain: `${name}.localhost` }],
  },
})

const isExhaustion = (probe: Probe): probe is ExhaustionProbe => probe.kind === 'exhaustion'

interface Attacked {
  readonly probe: ExhaustionProbe
  readonly scene: Scene
  readonly tools: Tools
  readonly latency: LatencyMeter
}

/** Of one round; an answer that is missing is no number. */
const p99Of = ({ p99Ms, asked, unanswered }: Latency): number => {
  if (unanswered > 0) throw new Error(`${unanswered} of ${asked} questions went unanswered`)
  return p99Ms
}

/** Alone and attacked in turn, so that what else the machine does counts for both. */
const measure = async ({ probe, scene, tools, latency }: Attacked, signal: AbortSignal): Promise<Result[]> => {
  const attempts = probe.attempts(scene)
  const { position } = probe
  if (isNotTried(attempts) || position === 'host') return []
  const attack = async (): Promise<void> => {
    const end = performance.now() + ROUND_MS
    while (performance.now() < end) await tools.attack(position, attempts, signal)
  }
  const alone: number[] = []
  const attacked: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(p99Of(await latency(() => tools.sleep(ROUND_MS, signal))))
    attacked.push(p99Of(await latency(attack)))
  }
  return [
    {
      id: 'h',
      kind: 'versus',
      title: `neighbour's p99: ${probe.id.slice('exhaustion/'.length)}`,
      unit: 'ms',
      value: median(attacked),
      peer: median(alone),
      peerName: 'alone',
      goal: GOAL,
    },
  ]
}

const converge = async (palisade: Installation): Promise<void> => {
  for (const name of [ATTACKER, NEIGHBOUR])
    await writeFile(join(palisade.paths.specs, `${name}.yaml`), JSON.stringify(account(name)))
  await palisade.start()
  for (const name of [ATTACKER, NEIGHBOUR]) {
    const waited = await palisade.cli('wait', name, '--for=Ready', '--timeout', '10m')
    if (waited.code !== 0) throw new Error(waited.err)
  }
}

/** (h): how long a neighbour's page takes while an account uses up what it can, against the neighbour alone. */
export const measureAttackedNeighbour = async (
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const palisade = await installation({ instance: 'pl2', ipv4Pool: '10.111.0.0/16', uidBase: 1_061_000_000 })
  try {
    await converge(palisade)
    const flags = { stateDirectory: palisade.paths.state, runDirectory: palisade.paths.run }
    const recipes = await recipesHere()
    const settings = await settingsInForce(await openSpecs(palisade.paths.specs, recipes, flags), flags)
    const range = openRange(settings, recipes, { env: process.env, stderr: process.stderr, signal })
    const [attacker, neighbour] = await attackersNamed(range.ports, settings, [ATTACKER, NEIGHBOUR])
    if (attacker === undefined) throw new Error('the attacker has no record')
    const scene = await readScene({ ...range.ports, ...range, attacker, neighbour })
    return await withTools({ ...range, attacker }, scene, signal, async (tools) => {
      const { latency } = tools
      if (latency === 'none') throw new Error('the neighbour has no site that could be asked')
      const results: Result[] = []
      for (const probe of EXHAUSTION_PROBES.filter(isExhaustion)) {
        if (probe.applies?.(scene) === false) continue
        report(`(h) ${probe.title}, ${probe.scope}`)
        results.push(...(await measure({ probe, scene, tools, latency }, signal)))
      }
      return results
    })
  } finally {
    await palisade.remove()
  }
}
