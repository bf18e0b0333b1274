import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/fakes/fake-clock.ts'
import type { EventEntry } from '../../ports/store.ts'
import { createEventLog } from './event-log.ts'

const event = (message: string): EventEntry => ({ type: 'Normal', reason: 'Created', object: 'Account/alice', message })

describe('createEventLog', () => {
  let directory: string
  let path: string
  const clock = fakeClock(Date.UTC(2026, 0, 2, 3, 4, 5))

  const openLog = (rotateBytes = 1_000_000, keep = 3) => createEventLog({ path, clock, rotateBytes, keep })
  const messages = async (file: string): Promise<string[]> =>
    (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).message)

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'palisade-events-'))
    path = join(directory, 'state', 'events.jsonl')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('writes one line per event, with its time', async () => {
    await openLog()({ ...event('two\nlines'), target: 'container/nginx' })
    expect(await readFile(path, 'utf8')).toBe(
      '{"time":"2026-01-02T03:04:05.000Z","type":"Normal","reason":"Created","object":"Account/alice",' +
        '"message":"two\\nlines","target":"container/nginx"}\n',
    )
    expect((await stat(path)).mode & 0o777).toBe(0o640)
  })

  it('keeps the order of events that come at once', async () => {
    const append = openLog()
    const numbers = Array.from({ length: 50 }, (_, number) => `${number}`)
    await Promise.all(numbers.map((number) => append(event(number))))
    expect(await messages(path)).toEqual(numbers)
  })

  it('puts full files aside, and keeps the latest of them', async () => {
    const append = openLog(1)
    for (const number of ['1', '2', '3', '4', '5', '6']) await append(event(number))
    expect(await readdir(join(directory, 'state'))).toEqual([
      'events.jsonl',
      'events.jsonl.1',
      'events.jsonl.2',
      'events.jsonl.3',
    ])
    expect(await messages(path)).toEqual(['6'])
    expect(await messages(`${path}.1`)).toEqual(['5'])
    expect(await messages(`${path}.3`)).toEqual(['3'])
  })

  it('counts what stood in the file before it was started', async () => {
    await openLog()(event('before'))
    await openLog(1)(event('after'))
    expect(await messages(`${path}.1`)).toEqual(['before'])
    expect(await messages(path)).toEqual(['after'])
  })

  it('begins a new line after one that a crash has cut off', async () => {
    await openLog()(event('whole'))
    await writeFile(path, `${await readFile(path, 'utf8')}{"time":"2026`)
    await openLog()(event('next'))
    const lines = (await readFile(path, 'utf8')).split('\n')
    expect(lines[1]).toBe('{"time":"2026')
    expect(JSON.parse(lines[2] ?? '').message).toBe('next')
  })

  it('goes on after an append that failed', async () => {
    await writeFile(join(directory, 'state'), '')
    const append = openLog()
    await expect(append(event('lost'))).rejects.toThrow()
    await rm(join(directory, 'state'))
    await append(event('kept'))
    expect(await messages(path)).toEqual(['kept'])
  })
})
