import { formatAge } from './durations.ts'
import { conditionTone } from './paint.ts'
import { findCondition, isServing, type StatusObject } from './status-object.ts'
import type { Cell, Table } from './table.ts'

interface Readiness {
  readonly status: Cell
  readonly reason: string
  readonly message: string
  readonly since: string
}

const readiness = (object: StatusObject, now: number): Readiness => {
  const ready = findCondition(object, 'Ready')
  if (ready === undefined) return { status: { text: 'Unknown', tone: 'warn' }, reason: '', message: '', since: '' }
  const { status, reason, message, lastTransitionTime } = ready
  return {
    status: { text: status, tone: conditionTone('Ready', status) },
    reason,
    message,
    since: formatAge(lastTransitionTime, now),
  }
}

const share = <T>(items: readonly T[], good: (item: T) => boolean): Cell => {
  const count = items.filter(good).length
  return { text: `${count}/${items.length}`, tone: count === items.length ? 'plain' : 'bad' }
}

/** One row an account; wide adds its zones and the message of its Ready condition. */
export const accountTable = (accounts: readonly StatusObject[], now: number, wide: boolean): Table => ({
  header: ['NAME', 'READY', 'STATUS', 'SITES', 'SERVICES', 'ADDRESS', 'SINCE', ...(wide ? ['ZONES', 'MESSAGE'] : [])],
  rows: accounts.map((account) => {
    const { status, reason, message, since } = readiness(account, now)
    const { name, sites, services, zones, address } = account
    const counts = [share(sites, ({ served }) => served), share(services, isServing)]
    return [
      name,
      status,
      reason,
      ...counts,
      address,
      since,
      ...(wide ? [share(zones, ({ served }) => served), message] : []),
    ]
  }),
})

/** One row a condition: there is one host, so its parts are what matters. */
export const hostTable = (hosts: readonly StatusObject[], now: number): Table => ({
  header: ['NAME', 'CONDITION', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'],
  rows: hosts.flatMap(({ name, conditions }) =>
    conditions.map(({ type, status, reason, message, lastTransitionTime }): Cell[] => [
      name,
      type,
      { text: status, tone: conditionTone(type, status) },
      reason,
      formatAge(lastTransitionTime, now),
      message,
    ]),
  ),
})
