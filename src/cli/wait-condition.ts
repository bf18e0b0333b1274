import type { Condition } from '../ports/store.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { findCondition, type StatusObject } from './status-object.ts'

/** What is waited for: that an account is gone, or that a condition has a status. */
export type Awaited = 'delete' | { readonly type: string; readonly status: Condition['status'] }

const STATUSES = ['True', 'False', 'Unknown'] as const

/**
 * Reads `delete`, `Ready`, `Ready=False`; also with `condition=` in front, as kubectl has it.
 * @throws CliError for wrong usage.
 */
export const parseAwaited = (text: string): Awaited => {
  if (text === 'delete') return 'delete'
  const [, type, wanted] = /^(?:condition=)?([A-Za-z]+)(?:=(\w+))?$/.exec(text) ?? []
  const status = STATUSES.find((one) => one.toLowerCase() === (wanted ?? 'True').toLowerCase())
  if (type === undefined || status === undefined) {
    throw new CliError(EXIT.usage, `--for: ${text} is neither delete nor a condition such as Ready or Stalled=False`)
  }
  return { type: `${type.charAt(0).toUpperCase()}${type.slice(1)}`, status }
}

/** What was seen of an account: nothing, its record only, or its status. */
export interface Sight {
  readonly object: StatusObject | undefined
  /** The record is removed last, so a deletion is not over before. */
  readonly hasRecord: boolean
}

/** Why it is not so yet, in words; undefined when it is so. */
export const whyNot = (awaited: Awaited, { object, hasRecord }: Sight): string | undefined => {
  if (awaited === 'delete') {
    if (object !== undefined) return 'it still stands'
    return hasRecord ? 'it is being removed' : undefined
  }
  if (object === undefined) return 'the daemon has written no status of it yet'
  if (object.observedGeneration !== object.generation) return `generation ${object.generation} was not looked at yet`
  const condition = findCondition(object, awaited.type)
  if (condition?.status === awaited.status && condition.observedGeneration === object.generation) return undefined
  if (condition !== undefined) return describeCondition(condition)
  const types = object.conditions.map(({ type }) => type).join(', ')
  return `it has no condition ${awaited.type}${types === '' ? '' : `, but ${types}`}`
}

export const describeCondition = ({ type, status, reason, message }: Condition): string =>
  `${type} is ${status}: ${reason}${message === '' ? '' : `: ${message}`}`

/** All conditions that keep an account from being ready; those that say whether work goes on are left out. */
export const unmetConditions = ({ conditions }: StatusObject): readonly string[] =>
  conditions
    .filter(({ type, status }) => type !== 'Reconciling' && status !== (type === 'Stalled' ? 'False' : 'True'))
    .map(describeCondition)
