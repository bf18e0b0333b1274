import type { Attempted, Latency, WitnessedPackets } from './ports.ts'
import type { Answer, Attempt, ExhaustionProbe, Probe, Verdict, WitnessedProbe } from './probe.ts'

const tried = (attempts: readonly Attempt[], answers: readonly Answer[], index: number): string => {
  const { attack = '', arguments: values = [] } = attempts[index] ?? {}
  const { seen = '' } = answers[index] ?? {}
  const aim = values.length === 1 && !seen.includes(values[0] ?? '') ? ` ${values[0]}` : ''
  return attempts.length === 1 ? seen : `${attack}${aim}: ${seen}`
}

const counted = (answers: readonly Answer[]): string => {
  const seen = [...new Set(answers.map((answer) => answer.seen))]
  return seen.slice(0, 3).join(', ') + (seen.length > 3 ? ', ...' : '')
}

/** Of attacks that must all be refused. */
export const judgeAttempts = (attempts: readonly Attempt[], answers: readonly Answer[]): Verdict => {
  if (attempts.length === 0) return { result: 'not tried', seen: 'there is nothing of the kind here' }
  const done = attempts.findIndex((_, index) => answers[index]?.outcome === 'done')
  if (done >= 0) return { result: 'broken', seen: tried(attempts, answers, done) }
  const failed = attempts.findIndex((_, index) => answers[index]?.outcome !== 'refused')
  if (failed >= 0)
    return { result: 'not tried', seen: tried(attempts, answers, failed) || 'the attacker gave no answer' }
  return { result: 'held', seen: counted(answers) }
}

/** Whether what the probe tries leaves the tenant by its NIC. */
const usesNetwork = ({ group }: Probe): boolean => group === 'network' || group === 'host'

/** An attacker whose packets don't even come to the host's rules has tried nothing of these. */
export const withDeparture = (probe: Probe, verdict: Verdict, { sent }: WitnessedPackets): Verdict =>
  verdict.result === 'held' && usesNetwork(probe) && sent === 0
    ? { result: 'not tried', seen: 'no packet of the attacker came to the host' }
    : verdict

/** Nothing that was sent may have been seen behind the rules; where nothing was sent, nothing was tried. */
export const judgeWitnessed = (
  { witnessed }: WitnessedProbe,
  answers: readonly Answer[],
  packets: WitnessedPackets,
): Verdict => {
  const failed = answers.find(({ outcome }) => outcome !== 'done')
  if (failed !== undefined) return { result: 'not tried', seen: failed.seen }
  const passed = packets[witnessed]
  return passed === 0
    ? { result: 'held', seen: `${counted(answers)}, none passed` }
    : { result: 'broken', seen: `${counted(answers)}, ${passed} passed` }
}

/** A neighbour that is slower by this much, and so slow that people notice, is disturbed. */
const MAX_RATIO = 10
const NOTICED_MS = 250

/** A page that came for one request in a hundred later than for all others is no disturbance yet. */
const MAX_UNANSWERED_SHARE = 0.01

export interface Disturbance {
  readonly alone: Latency
  readonly during: Latency
}

const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

const isDisturbed = ({ alone, during }: Disturbance): boolean =>
  during.unanswered > during.asked * MAX_UNANSWERED_SHARE ||
  (during.p99Ms > NOTICED_MS && during.p99Ms > MAX_RATIO * alone.p99Ms)

const describeDisturbance = ({ alone, during }: Disturbance): string => {
  const missing = during.unanswered === 0 ? '' : `, ${during.unanswered} of ${during.asked} unanswered`
  return `neighbour's p99 ${milliseconds(during.p99Ms)}, alone ${milliseconds(alone.p99Ms)}${missing}`
}

/** The attack must meet its limit, and the neighbour must not feel it. */
export const judgeExhaustion = (
  { keptLogBytes = Number.POSITIVE_INFINITY }: ExhaustionProbe,
  attempts: readonly Attempt[],
  attempted: Attempted,
  disturbance: 'unknown' | Disturbance,
): Verdict => {
  const verdict = judgeAttempts(attempts, attempted.answers)
  const felt = disturbance === 'unknown' ? 'no neighbour to feel it' : describeDisturbance(disturbance)
  const seen = `${verdict.seen}; ${felt}`
  if (verdict.result !== 'held') return { ...verdict, seen }
  if (attempted.keptLogBytes > keptLogBytes)
    return { result: 'broken', seen: `the engine keeps ${attempted.keptLogBytes} bytes; ${felt}` }
  return { result: disturbance !== 'unknown' && isDisturbed(disturbance) ? 'broken' : 'held', seen }
}
