import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EventLog } from './event-log.ts'

let directory: string
let path: string

const line = (message: string) =>
  `${JSON.stringify({ time: '2026-01-02T12:00:00.000Z', type: 'Normal', reason: 'Changed', object: 'Account/a', message })}\n`

const messages = async (log: EventLog) => (await log.read()).map(({ message }) => message)

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-events-'))
  path = join(directory, 'events.jsonl')
})

afterEach(() => rm(directory, { recursive: true, force: true }))

it('reads the rotated files first, oldest first', async () => {
  await writeFile(`${path}.2`, line('one'))
  await writeFile(`${path}.1`, line('two'))
  await writeFile(path, line('three'))
  const log = new EventLog(path)
  expect(await messages(log)).toEqual(['one', 'two', 'three'])
  expect(await messages(log)).toEqual([])
})

it('starts before the log does', async () => {
  const log = new EventLog(path)
  expect(await messages(log)).toEqual([])
  await writeFile(path, line('one'))
  expect(await messages(log)).toEqual(['one'])
})

it('goes on over rotations without losing or repeating', async () => {
  await writeFile(path, line('one'))
  const log = new EventLog(path)
  await log.read()
  await appendFile(path, line('two'))
  await rename(path, `${path}.1`)
  await writeFile(path, line('three'))
  await rename(`${path}.1`, `${path}.2`)
  await rename(path, `${path}.1`)
  await writeFile(path, line('four'))
  expect(await messages(log)).toEqual(['two', 'three', 'four'])
})

it('waits for the end of a line, and passes over one that is damaged', async () => {
  const log = new EventLog(path)
  await writeFile(path, `{"time": "cut\n${line('one')}${line('two').slice(0, 20)}`)
  expect(await messages(log)).toEqual(['one'])
  await appendFile(path, line('two').slice(20))
  expect(await messages(log)).toEqual(['two'])
})
