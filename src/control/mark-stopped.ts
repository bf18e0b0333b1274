import type { Clock, Condition, Store } from '../ports/store.ts'
import { toConditions, type Verdict } from './conditions.ts'
import { conditionsOf } from './status-writer.ts'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const stopped = ({ type, status, reason, message }: Condition): Verdict => {
  if (type === 'SpecValid') return { type, status, reason, message }
  const told = 'stopped with the host: palisade up starts it again'
  return { type, status: type.endsWith('Ready') ? 'False' : 'Unknown', reason: 'Stopped', message: told }
}

/** Says in an account's status that nothing of it runs, since nobody will look while the daemon is away. */
export const markStopped = async (store: Store, clock: Clock, account: string): Promise<void> => {
  const object = await store.readStatus('Account', account)
  if (!isRecord(object) || !isRecord(object.status)) return
  const former = conditionsOf(object)
  const generation = former[0]?.observedGeneration ?? 0
  const conditions = toConditions(former.map(stopped), former, generation, clock.now())
  await store.writeStatus('Account', account, { ...object, status: { ...object.status, conditions } })
}
