import type { Finding, Result } from './probe.ts'

/** What a run of probes says of an account, for its condition `IsolationVerified`. */
export interface IsolationSummary {
  /** RFC 3339: when it was tried. */
  readonly verifiedAt: string
  /** The account that was attacked; empty when there was none. */
  readonly neighbour: string
  readonly held: number
  /** Ids of probes. */
  readonly broken: readonly string[]
  readonly notTried: readonly string[]
}

const NAMED = 5

const idsOf = (findings: readonly Finding[], result: Result): readonly string[] =>
  findings.filter((finding) => finding.result === result).map(({ probe }) => probe)

export const summarize = (
  findings: readonly Finding[],
  { verifiedAt, neighbour }: Pick<IsolationSummary, 'verifiedAt' | 'neighbour'>,
): IsolationSummary => ({
  verifiedAt,
  neighbour,
  held: idsOf(findings, 'held').length,
  broken: idsOf(findings, 'broken'),
  notTried: idsOf(findings, 'not tried'),
})

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && /^[a-z0-9/-]{1,100}$/.test(item))

/** Of a request from the command line. */
export const isIsolationSummary = (value: unknown): value is IsolationSummary =>
  typeof value === 'object' &&
  value !== null &&
  'verifiedAt' in value &&
  typeof value.verifiedAt === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value.verifiedAt) &&
  'neighbour' in value &&
  typeof value.neighbour === 'string' &&
  /^(?:[a-z][a-z0-9-]{0,31})?$/.test(value.neighbour) &&
  'held' in value &&
  Number.isSafeInteger(value.held) &&
  'broken' in value &&
  isTexts(value.broken) &&
  'notTried' in value &&
  isTexts(value.notTried)

const named = (ids: readonly string[]): string =>
  ids.slice(0, NAMED).join(', ') + (ids.length > NAMED ? ` and ${ids.length - NAMED} more` : '')

/** Reason and message of the condition. The date stays in the message, whatever passes do to the rest of the status. */
export const describeSummary = ({ verifiedAt, neighbour, held, broken, notTried }: IsolationSummary) => {
  const against = neighbour === '' ? 'against the host' : `against ${neighbour} and the host`
  const parts = [
    `${verifiedAt} ${against}: ${held} held`,
    ...(broken.length === 0 ? [] : [`${broken.length} broken: ${named(broken)}`]),
    ...(notTried.length === 0 ? [] : [`${notTried.length} not tried: ${named(notTried)}`]),
  ]
  const message = parts.join('; ')
  if (broken.length > 0) return { status: 'False' as const, reason: 'FenceBroken', message }
  if (notTried.length > 0) return { status: 'Unknown' as const, reason: 'NotAllTried', message }
  return { status: 'True' as const, reason: 'AllHeld', message }
}
