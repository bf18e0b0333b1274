import type { Plan, ResourceId, ResourceType } from '../plan/steps.ts'
import type { Condition } from '../ports/store.ts'

export type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** The layers of a tenant, and the resources that make each up. */
const LAYERS: readonly { readonly type: string; readonly resources: readonly ResourceType[] }[] = [
  { type: 'SandboxReady', resources: ['user', 'tree', 'quota', 'cgroup', 'sandbox', 'policy', 'nic', 'shaper'] },
  { type: 'EngineReady', resources: ['engine', 'context', 'network'] },
  { type: 'ServicesReady', resources: ['image', 'container', 'config', 'directory', 'file', 'secret'] },
  { type: 'DatabasesReady', resources: ['schema'] },
  { type: 'SitesReady', resources: ['site', 'route'] },
  { type: 'ZonesReady', resources: ['zone'] },
]

export interface Problem {
  readonly target: ResourceId
  readonly reason: string
  readonly message: string
}

/** An error of a step, and how it is told. */
export interface Failure {
  readonly error: unknown
  readonly problem: Problem
}

const typeOf = (id: ResourceId): string => id.slice(0, id.indexOf('/'))

const sentence = (problems: readonly Problem[]): string =>
  [...new Set(problems.map(({ message }) => message))].slice(0, 5).join('; ')

/**
 * One verdict per layer: True when the last look left nothing to do in it. Before a user stands nothing else is looked
 * at, so a blocked foundation leaves the layers above Unknown.
 */
export const layerVerdicts = (plan: Plan, failures: readonly Problem[]): Verdict[] => {
  const failed = new Set(failures.map(({ target }) => target))
  const pending = plan.steps
    .filter(({ target }) => !failed.has(target))
    .map(({ target, cause }) => ({ target, reason: 'Pending', message: cause }))
  const problems: readonly Problem[] = [...failures, ...plan.blocked, ...pending]
  const verdicts: Verdict[] = []
  let known = true
  for (const { type, resources } of LAYERS) {
    const mine = problems.filter(({ target }) => resources.some((resource) => resource === typeOf(target)))
    const [first] = mine
    if (first !== undefined) verdicts.push({ type, status: 'False', reason: first.reason, message: sentence(mine) })
    else if (known) verdicts.push({ type, status: 'True', reason: 'AsDesired', message: '' })
    else verdicts.push({ type, status: 'Unknown', reason: 'NotObserved', message: 'a layer below is not ready' })
    const foundation = type === 'SandboxReady' || type === 'EngineReady'
    if (foundation && first !== undefined) known = false
  }
  return verdicts
}

/** How a pass ended, in the words of kstatus. */
export type Phase =
  | { readonly phase: 'ready' }
  | { readonly phase: 'progressing'; readonly reason: string; readonly message: string }
  | { readonly phase: 'stalled'; readonly reason: string; readonly message: string }

export const phaseVerdicts = (phase: Phase): Verdict[] => {
  const detail = phase.phase === 'ready' ? { reason: 'AsDesired', message: '' } : phase
  const { reason, message } = detail
  const idle = { reason: 'AsDesired', message: '' }
  return [
    { type: 'Ready', status: phase.phase === 'ready' ? 'True' : 'False', reason, message },
    phase.phase === 'progressing'
      ? { type: 'Reconciling', status: 'True', reason, message }
      : { type: 'Reconciling', status: 'False', ...(phase.phase === 'ready' ? idle : { reason, message: '' }) },
    phase.phase === 'stalled'
      ? { type: 'Stalled', status: 'True', reason, message }
      : { type: 'Stalled', status: 'False', ...(phase.phase === 'ready' ? idle : { reason, message: '' }) },
  ]
}

/** Verdicts as conditions: `lastTransitionTime` moves only when the status flips. */
export const toConditions = (
  verdicts: readonly Verdict[],
  former: readonly Condition[],
  observedGeneration: number,
  now: number,
): Condition[] =>
  verdicts.map((verdict) => {
    const before = former.find(({ type }) => type === verdict.type)
    const lastTransitionTime =
      before !== undefined && before.status === verdict.status
        ? before.lastTransitionTime
        : new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
    return { ...verdict, lastTransitionTime, observedGeneration }
  })
