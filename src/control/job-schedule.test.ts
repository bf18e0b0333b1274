import { expect, it } from 'vitest'
import { job } from '../../test/fakes/jobs.ts'
import type { DesiredJob } from '../plan/resources.ts'

import { nextRun } from './job-schedule.ts'

const next = (schedule: string, timeZone: string, after: string): string => {
  const wanted: DesiredJob = { ...job('nightly'), schedule, timeZone }
  return new Date(nextRun(wanted, Date.parse(after)) ?? Number.NaN).toISOString().slice(0, 16)
}

it.each([
  ['* * * * *', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:01'],
  ['* * * * *', 'UTC', '2026-01-01T00:00:59.999Z', '2026-01-01T00:01'],
  ['*/15 * * * *', 'UTC', '2026-01-01T00:46:00Z', '2026-01-01T01:00'],
  ['30 3 * * 0', 'UTC', '2026-01-01T00:00:00Z', '2026-01-04T03:30'],
  ['0 12 * * *', 'America/New_York', '2026-01-01T00:00:00Z', '2026-01-01T17:00'],
  // On 29 March 2026 02:00 is followed by 03:00 in Vienna; the day after it is summer time.
  ['30 2 * * *', 'Europe/Vienna', '2026-03-28T12:00:00Z', '2026-03-29T01:00'],
  ['30 2 * * *', 'Europe/Vienna', '2026-03-29T01:00:00Z', '2026-03-30T00:30'],
  // On 25 October 2026 02:30 comes twice there.
  ['30 2 * * *', 'Europe/Vienna', '2026-10-24T12:00:00Z', '2026-10-25T00:30'],
  ['30 2 * * *', 'Europe/Vienna', '2026-10-25T00:30:00Z', '2026-10-26T01:30'],
  ['15,45 2 * * *', 'Europe/Vienna', '2026-10-25T00:45:00Z', '2026-10-26T01:15'],
  ['*/30 * * * *', 'Europe/Vienna', '2026-10-25T00:30:00Z', '2026-10-25T01:00'],
])('%s in %s after %s is due at %s', (schedule, timeZone, after, due) => {
  expect(next(schedule, timeZone, after)).toBe(due)
})

it('knows a schedule that never comes', () => {
  expect(nextRun({ ...job('never'), schedule: '0 0 30 2 *' }, Date.UTC(2026, 0, 1))).toBeUndefined()
})
