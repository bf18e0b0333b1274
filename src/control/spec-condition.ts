import type { Verdict } from './conditions.ts'
import type { SpecVerdict } from './specs.ts'

const type = 'SpecValid'

export const SPEC_VALID: Verdict = { type, status: 'True', reason: 'Valid', message: '' }

export const specInvalid = ({ reason, problems }: Extract<SpecVerdict, { state: 'invalid' }>): Verdict => ({
  type,
  status: 'False',
  reason,
  message: problems.join('; '),
})

export const specUnreadable = ({ message }: Extract<SpecVerdict, { state: 'unknown' }>): Verdict => ({
  type,
  status: 'Unknown',
  reason: 'SpecsUnreadable',
  message,
})

/** Of an account whose deletion is not believed. */
export const deletionHeld = (account: string): Verdict => ({
  type,
  status: 'False',
  reason: 'DeletionHeld',
  message: `${account} is gone from the specs together with too many others: put it back, or confirm it in the Host's deletion.confirmed`,
})
