import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acquireLock } from './lock.ts'

describe('acquireLock', () => {
  let directory: string
  let path: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'palisade-lock-'))
    path = join(directory, 'run', 'palisade.lock')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('is had by one at a time, and names who has it', async () => {
    const lock = await acquireLock(path)
    expect(await readFile(path, 'utf8')).toBe(`${process.pid}\n`)
    const second = acquireLock(path)
    await expect(second).rejects.toMatchObject({ name: 'TerminalError', reason: 'AlreadyRunning' })
    await expect(second).rejects.toThrow(`process ${process.pid}`)
    await lock.release()
    const third = await acquireLock(path)
    await third.release()
  })

  it('gives the lock to exactly one of many who ask at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => acquireLock(path)))
    const had = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(had).toHaveLength(1)
    for (const lock of had) await lock.release()
  })

  it('is free when the process that had it was killed', async () => {
    await (await acquireLock(path)).release()
    const holder = spawn('flock', ['--exclusive', '--close', path, 'sh', '-c', 'echo locked; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    await expect(acquireLock(path)).rejects.toMatchObject({ reason: 'AlreadyRunning' })
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    // Ends the command, which lives on without the lock.
    holder.stdin.end()
    const lock = await acquireLock(path)
    await lock.release()
  })

  it('is not handed on to programs that are started', async () => {
    const lock = await acquireLock(path)
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] })
    await once(child, 'spawn')
    await lock.release()
    const again = await acquireLock(path)
    await again.release()
    child.stdin.end()
    await once(child, 'exit')
  })
})
