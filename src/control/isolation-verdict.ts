import { describeSummary, type IsolationSummary } from '../isolation/summary.ts'
import type { Condition, Store } from '../ports/store.ts'
import type { Verdict } from './conditions.ts'
import type { StatusWriter } from './status-writer.ts'

/** Told by whoever attacked the account, not by passes: these keep it as it is. */
export const ISOLATION_CONDITION = 'IsolationVerified'

/** What a pass has nothing to say of. */
export const keptConditions = (former: readonly Condition[]): readonly Condition[] =>
  former.filter(({ type }) => type === ISOLATION_CONDITION)

/** Notes in the account's status what came of attacks from inside it. False when it has no status yet. */
export const recordIsolation = async (
  status: StatusWriter,
  store: Pick<Store, 'appendEvent'>,
  account: string,
  summary: IsolationSummary,
): Promise<boolean> => {
  const verdict: Verdict = { type: ISOLATION_CONDITION, ...describeSummary(summary) }
  if (!(await status.putCondition(account, verdict))) return false
  const { status: answer, reason, message } = verdict
  const type = answer === 'True' ? 'Normal' : 'Warning'
  await store.appendEvent({ type, reason, object: `Account/${account}`, message: `isolation verified: ${message}` })
  return true
}
