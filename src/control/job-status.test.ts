import { expect, it } from 'vitest'
import { job } from '../../test/fakes/jobs.ts'
import { jobStatuses, jobsOf, readableOutput } from './job-status.ts'

const ESC = '\u001b'
const lastRun = {
  result: 'Failed',
  exitCode: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  output: 'no',
} as const

it.each([
  ['plain\n', 'plain'],
  ['a\r\nb\rc\n', 'a\nb\nc'],
  [`${ESC}[1;31mred${ESC}[0m\tand tab`, 'red\tand tab'],
  [`${ESC}]0;title\u0007text${ESC}]8;;http://x${ESC}\\link`, 'textlink'],
  ['bell\u0007 null\u0000 csi\u009b31m', 'bell null csi31m'],
  [`cut${ESC}`, 'cut'],
  [`${'line\n'.repeat(50)}`, 'line\n'.repeat(20).trimEnd()],
])('makes of %j the text %j', (output, text) => {
  expect(readableOutput(output)).toBe(text)
})

it('keeps the last run of a job over passes, and forgets jobs that are gone', () => {
  const former = { site: 'alice.example', name: 'a', schedule: '0 0 * * *', skippedRuns: 3, lastRun }
  expect(jobStatuses([job('a'), job('b')], [former, { ...former, name: 'gone' }])).toEqual([
    { ...former, schedule: '* * * * *' },
    { site: 'alice.example', name: 'b', schedule: '* * * * *', skippedRuns: 0 },
  ])
})

it.each([
  [undefined],
  [{ status: null }],
  [{ status: { jobs: 'none' } }],
  [{ status: { jobs: [null, {}, { site: 'a', name: 'b', schedule: 'c', skippedRuns: '0' }] } }],
  [{ status: { jobs: [{ site: 'a', name: 'b', schedule: 'c', skippedRuns: 0, lastRun: { result: 'Odd' } }] } }],
])('reads nothing out of %j', (object) => {
  expect(jobsOf(object)).toEqual([])
})
