import { expect, it } from 'vitest'
import { fakeClock } from '../../test/fakes/fake-clock.ts'
import { createTimetable } from './job-timetable.ts'

const START = Date.UTC(2026, 0, 1)
const MINUTE_MS = 60_000

const setUp = (start = START) => {
  const clock = fakeClock(start)
  const rung: string[] = []
  const timetable = createTimetable(clock, (key, at) => rung.push(`${key}@${(at - START) / MINUTE_MS}`))
  const set = (key: string, minute: number) => timetable.set(key, START + minute * MINUTE_MS)
  return { clock, rung, timetable, set }
}

it('rings each key once, in the order of the times', async () => {
  const { clock, rung, set } = setUp(START + 12_345)
  set('c', 3)
  set('a', 1)
  set('b', 1)
  await clock.advance(MINUTE_MS)
  expect(rung).toEqual(['a@1', 'b@1'])
  await clock.advance(10 * MINUTE_MS)
  expect(rung).toEqual(['a@1', 'b@1', 'c@3'])
})

it('has one timer for any number of keys, and none without', async () => {
  const { clock, timetable, set } = setUp()
  expect(clock.sleepers).toBe(0)
  for (let key = 0; key < 1_000; key++) set(`job-${key}`, 1 + (key % 7))
  expect(clock.sleepers).toBe(1)
  for (let key = 0; key < 1_000; key++) timetable.delete(`job-${key}`)
  await clock.advance(MINUTE_MS)
  expect(clock.sleepers).toBe(0)
  set('again', 3)
  expect(clock.sleepers).toBe(1)
  timetable.clear()
  expect(clock.sleepers).toBe(0)
})

it('rings at the last time that was set, and not what was taken out', async () => {
  const { clock, rung, timetable, set } = setUp()
  set('moved', 1)
  set('moved', 2)
  set('gone', 2)
  timetable.delete('gone')
  await clock.advance(5 * MINUTE_MS)
  expect(rung).toEqual(['moved@2'])
})

it('does not ring a key that another one of the same minute took out', async () => {
  const clock = fakeClock(START)
  const rung: string[] = []
  const timetable = createTimetable(clock, (key) => {
    rung.push(key)
    timetable.delete('second')
  })
  timetable.set('first', START + MINUTE_MS)
  timetable.set('second', START + MINUTE_MS)
  await clock.advance(MINUTE_MS)
  expect(rung).toEqual(['first'])
})

it('goes on when what rings sets the next time', async () => {
  const clock = fakeClock(START)
  const rung: number[] = []
  const timetable = createTimetable(clock, (key, at) => {
    rung.push(at)
    timetable.set(key, at + MINUTE_MS)
  })
  timetable.set('every-minute', START + MINUTE_MS)
  await clock.advance(5 * MINUTE_MS)
  expect(rung).toHaveLength(5)
  timetable.clear()
})
