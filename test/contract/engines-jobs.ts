import { expect, it } from 'vitest'
import type { Command } from '../../src/plan/resources.ts'
import { type EnginesUnderTest, idleContainer } from './engines-under-test.ts'

const never = new AbortController().signal
const ENOUGH_MS = 60_000

/** What an engine makes of commands that run once. */
export const jobCases = (host: () => EnginesUnderTest): void => {
  const job = (...command: Command) => idleContainer(host().image, { name: 'job', service: 'job', command })
  const start = (...command: Command) => host().engines.startJob(host().account, job(...command))
  const end = (timeoutMs = ENOUGH_MS, signal = never) =>
    host().engines.awaitJob(host().account, 'job', timeoutMs, signal)
  const standing = async () => [...(await host().engines.observe(host().account)).jobs]

  it('runs a job to its end, tells what it said, and removes it', async () => {
    await start('echo', 'well', 'done')
    const run = await end()
    expect(run).toMatchObject({ result: 'Succeeded', exitCode: 0, output: 'well done\n' })
    expect(Date.parse(run?.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(run?.startedAt ?? ''))
    expect(await standing()).toEqual([])
    expect(await end()).toBeUndefined()
  })

  it('tells of a job that fails', async () => {
    await start('false')
    expect(await end()).toMatchObject({ result: 'Failed', exitCode: 1 })
  })

  it('says that a command is not there', async () => {
    await start('no-such-program')
    expect(await end()).toMatchObject({ result: 'Failed', exitCode: 127 })
  })

  it('ends a job that takes too long', async () => {
    await start('sleep', '1000')
    expect(await end(1_000)).toMatchObject({ result: 'TimedOut', exitCode: 143 })
    expect(await standing()).toEqual([])
  })

  it('runs a job once at a time, and not as a service', async () => {
    await start('sleep', '1000')
    await expect(start('true')).rejects.toMatchObject({ name: 'WaitingError', reason: 'JobRunning' })
    expect((await host().engines.observe(host().account)).containers).toEqual(new Map())
    expect(await standing()).toEqual(['job'])
    await host().engines.removeContainer(host().account, 'job')
    await start('true')
    expect(await end()).toMatchObject({ result: 'Succeeded' })
  })

  it('leaves a job running that is waited for no more', async () => {
    await start('sleep', '1000')
    await expect(end(ENOUGH_MS, AbortSignal.abort(new Error('stop now')))).rejects.toThrow('stop now')
    expect(await standing()).toEqual(['job'])
    expect(await end(1_000)).toMatchObject({ result: 'TimedOut' })
  })

  it('begins anew where the end of a run was never asked for', async () => {
    await start('false')
    await expect.poll(() => start('echo', 'again').then(() => 'started', String), { timeout: 20_000 }).toBe('started')
    expect(await end()).toMatchObject({ output: 'again\n' })
  })

  it('leaves alone what has the name of a job and is not ours', async () => {
    await host().makeForeign('container', 'job')
    await expect(start('true')).rejects.toMatchObject({ name: 'TerminalError', reason: 'ContainerNameTaken' })
  })

  it('waits for the image of a job', async () => {
    await host().removeImage()
    await expect(start('true')).rejects.toMatchObject({ name: 'WaitingError', reason: 'ImageMissing' })
    await host().engines.loadImage(host().account, host().image, host().archive)
  })
}
