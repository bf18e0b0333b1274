import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SMALL_HEAP } from '../src/cli/own-command.ts'
import { runProgram } from '../src/drivers/host/program.ts'

const PROCESS_MS = 900_000

/**
 * Runs a measurement of this directory in a Node.js of its own, with a temporary directory that is removed afterwards.
 * Answers what it printed, parsed. @throws ProgramError when it failed.
 */
export const inOwnProcess = async (script: string, accounts: number, signal: AbortSignal): Promise<unknown> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-bench-'))
  try {
    const path = fileURLToPath(import.meta.resolve(`./${script}.js`))
    const args = [...SMALL_HEAP, '--enable-source-maps', '--expose-gc', path, directory, String(accounts)]
    return JSON.parse(await runProgram(process.execPath, args, { signal, timeoutMs: PROCESS_MS }))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
