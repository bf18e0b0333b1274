import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify, isAlive, readLiving, writeIdentity } from './process-identity.ts'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'palisade-identity-'))
  file = join(directory, 'holder.json')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('a process is itself, and no longer once it has ended', async () => {
  const child = spawn('sleep', ['600'])
  const identity = identify(child.pid ?? 0)
  if (!identity) throw new Error('it was not started')
  writeIdentity(file, identity)
  expect(readLiving(file)).toEqual(identity)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(readLiving(file)).toBeUndefined()
})

test('another process with the same id is not it', () => {
  const identity = identify(process.pid)
  expect(identity && isAlive(identity)).toBe(true)
  expect(isAlive({ pid: process.pid, startTime: '1' })).toBe(false)
})

test.each([
  '',
  '{',
  'null',
  '{"pid":"1","startTime":"2"}',
  '{"pid":-1,"startTime":"2"}',
  '{"pid":1.5,"startTime":"2"}',
])('a file that holds %j names no process', (text) => {
  writeFileSync(file, text)
  expect(readLiving(file)).toBeUndefined()
})
