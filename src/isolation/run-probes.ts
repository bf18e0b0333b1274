import { judgeAttempts, judgeExhaustion, judgeWitnessed, withDeparture } from './judge.ts'
import { limitsAmiss } from './limit-probes.ts'
import type { Attacking, Attempted, Latency, LatencyMeter, Witness, WitnessedPackets } from './ports.ts'
import {
  type Answer,
  type AttackProbe,
  type Attempt,
  type ExhaustionProbe,
  type Finding,
  isNotTried,
  type Position,
  type Probe,
  type ReadProbe,
  toFinding,
  type Verdict,
  type WitnessedProbe,
} from './probe.ts'
import type { Scene } from './scene.ts'

export interface Tools {
  readonly attack: Attacking
  readonly witness: Witness
  /** `none`: there is no neighbour that could be asked. */
  readonly latency: 'none' | LatencyMeter
  /** Milliseconds that the neighbour is asked alone, before it is asked while it is attacked. */
  readonly aloneMs: number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

const notTried = (error: unknown): Verdict => ({
  result: 'not tried',
  seen: error instanceof Error ? error.message : String(error),
})

/** A failure of one probe says nothing of the others. */
const orNotTried = async ({ signal }: Tools, judge: () => Promise<Verdict>): Promise<Verdict> => {
  try {
    return await judge()
  } catch (error) {
    signal.throwIfAborted()
    return notTried(error)
  }
}

interface Planned {
  readonly probe: AttackProbe
  readonly attempts: readonly Attempt[]
}

const attackFrom = (
  position: Planned['probe']['position'],
  attempts: readonly Attempt[],
  { attack, signal }: Tools,
) => {
  if (position === 'host') throw new TypeError('nothing is attacked from the host')
  return attack(position, attempts, signal)
}

interface Run {
  readonly answers: readonly Answer[]
  readonly packets: WitnessedPackets
}

const NOTHING: Run = { answers: [], packets: { sent: 0, spoofed: 0, 'to neighbour': 0 } }

const attackWitnessed = async (
  position: Position,
  attempts: readonly Attempt[],
  { witness, ...tools }: Tools,
): Promise<Run> => {
  if (attempts.length === 0) return NOTHING
  let answers: readonly Answer[] = []
  const packets = await witness(async () => {
    answers = (await attackFrom(position, attempts, { witness, ...tools })).answers
  })
  return { answers, packets }
}

/** All attempts of one position in one run, since to begin one costs more than the attempts do. */
const runTogether = async (
  position: Position,
  planned: readonly Planned[],
  tools: Tools,
): Promise<readonly Finding[]> => {
  try {
    const all = planned.flatMap(({ attempts }) => attempts)
    const { answers, packets } = await attackWitnessed(position, all, tools)
    let from = 0
    return planned.map(({ probe, attempts }) => {
      const mine = answers.slice(from, from + attempts.length)
      from += attempts.length
      return toFinding(probe, withDeparture(probe, judgeAttempts(attempts, mine), packets))
    })
  } catch (error) {
    tools.signal.throwIfAborted()
    return planned.map(({ probe }) => toFinding(probe, notTried(error)))
  }
}

const runAttacks = async (probes: readonly AttackProbe[], scene: Scene, tools: Tools): Promise<readonly Finding[]> => {
  const planned: Planned[] = []
  const findings: Finding[] = []
  for (const probe of probes) {
    const attempts = probe.attempts(scene)
    if (isNotTried(attempts)) findings.push(toFinding(probe, { result: 'not tried', seen: attempts.notTried }))
    else planned.push({ probe, attempts })
  }
  for (const position of ['service', 'root'] as const) {
    const mine = planned.filter(({ probe }) => probe.position === position)
    findings.push(...(await runTogether(position, mine, tools)))
  }
  return findings
}

const runWitnessed = async (probe: WitnessedProbe, scene: Scene, tools: Tools): Promise<Verdict> => {
  const attempts = probe.attempts(scene)
  if (isNotTried(attempts)) return { result: 'not tried', seen: attempts.notTried }
  const { answers, packets } = await attackWitnessed(probe.position, attempts, tools)
  return judgeWitnessed(probe, answers, packets)
}

/** Tools where there is a neighbour to ask. */
type AskingTools = Tools & { readonly latency: LatencyMeter }

const measureAlone = ({ latency, aloneMs, sleep, signal }: AskingTools): Promise<Latency> =>
  latency(() => sleep(aloneMs, signal))

const attackWhileAsked = async (
  probe: ExhaustionProbe,
  attempts: readonly Attempt[],
  tools: AskingTools,
  alone: Latency,
): Promise<Verdict> => {
  let attempted: Attempted = { answers: [], keptLogBytes: 0 }
  const during = await tools.latency(async () => {
    attempted = await attackFrom(probe.position, attempts, tools)
  })
  return judgeExhaustion(probe, attempts, attempted, { alone, during })
}

/** Others that work on the host may slow the neighbour down, too: what is broken once is tried again. */
const attackAgainIfBroken = async (
  probe: ExhaustionProbe,
  attempts: readonly Attempt[],
  tools: AskingTools,
  alone: Latency,
): Promise<Verdict> => {
  const first = await attackWhileAsked(probe, attempts, tools, alone)
  if (first.result !== 'broken') return first
  return attackWhileAsked(probe, attempts, tools, await measureAlone(tools))
}

const runExhaustion = async (
  probe: ExhaustionProbe,
  scene: Scene,
  tools: Tools,
  alone: 'none' | Latency,
): Promise<Verdict> => {
  const attempts = probe.attempts(scene)
  if (isNotTried(attempts)) return { result: 'not tried', seen: attempts.notTried }
  const amiss = limitsAmiss(scene)
  if (amiss.length > 0)
    return {
      result: 'not tried',
      seen: `not safe: the kernel does not hold the tenant to its limits (${amiss.join(', ')})`,
    }
  const { latency } = tools
  if (latency === 'none' || alone === 'none')
    return judgeExhaustion(probe, attempts, await attackFrom(probe.position, attempts, tools), 'unknown')
  return attackAgainIfBroken(probe, attempts, { ...tools, latency }, alone)
}

const runExhaustions = async (
  probes: readonly ExhaustionProbe[],
  scene: Scene,
  tools: Tools,
): Promise<readonly Finding[]> => {
  if (probes.length === 0) return []
  const { latency } = tools
  const alone = latency === 'none' ? latency : await measureAlone({ ...tools, latency })
  const findings: Finding[] = []
  for (const probe of probes)
    findings.push(toFinding(probe, await orNotTried(tools, () => runExhaustion(probe, scene, tools, alone))))
  return findings
}

const isKind =
  <K extends Probe['kind']>(kind: K) =>
  (probe: Probe): probe is Extract<Probe, { kind: K }> =>
    probe.kind === kind

/** One after the other, so that none is taken for another's doing; the answer has their order. */
export const runProbes = async (all: readonly Probe[], scene: Scene, tools: Tools): Promise<readonly Finding[]> => {
  const probes = all.filter(({ applies = () => true }) => applies(scene))
  const findings: Finding[] = probes
    .filter(isKind('read'))
    .map((probe: ReadProbe) => toFinding(probe, probe.judge(scene)))
  findings.push(...(await runAttacks(probes.filter(isKind('attack')), scene, tools)))
  for (const probe of probes.filter(isKind('witnessed')))
    findings.push(toFinding(probe, await orNotTried(tools, () => runWitnessed(probe, scene, tools))))
  findings.push(...(await runExhaustions(probes.filter(isKind('exhaustion')), scene, tools)))
  const order = new Map(probes.map(({ id }, index) => [id, index]))
  return findings.sort((a, b) => (order.get(a.probe) ?? 0) - (order.get(b.probe) ?? 0))
}
