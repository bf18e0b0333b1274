import { expect, test } from 'vitest'
import { ProgramError, runProgram } from './program.ts'

test('a program reads its input, and its output is answered', async () => {
  expect(await runProgram('cat', [], { input: 'hello\n' })).toBe('hello\n')
})

test('arguments are no shell text', async () => {
  expect(await runProgram('printf', ['%s', '$(id); `id` | x'])).toBe('$(id); `id` | x')
})

test('it sees nothing of our environment', async () => {
  expect(await runProgram('env', [])).not.toContain('HOME=')
})

test('a failure carries the exit code and what the program complained of', async () => {
  const failed = runProgram('ls', ['/nonexistent'])
  await expect(failed).rejects.toThrow(ProgramError)
  await expect(failed).rejects.toMatchObject({ exitCode: 2, stderr: expect.stringContaining('No such file') })
})

test('a program that is not there, and one that takes too long, have no exit code', async () => {
  await expect(runProgram('no-such-program', [])).rejects.toMatchObject({ exitCode: undefined })
  await expect(runProgram('sleep', ['600'], { timeoutMs: 20 })).rejects.toMatchObject({ exitCode: undefined })
})

test('an abort is told as its reason', async () => {
  const reason = new Error('enough')
  const aborted = runProgram('sleep', ['600'], { signal: AbortSignal.abort(reason) })
  await expect(aborted).rejects.toBe(reason)
})
