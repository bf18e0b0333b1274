import { spawn } from 'node:child_process'
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TerminalError } from '../../ports/errors.ts'

export interface Lock {
  release(): Promise<void>
}

const heldByAnother = 73

/**
 * flock(1) locks the open file that it inherits, and the lock stays on that file when flock has ended (flock(2)): the
 * kernel frees it when this process closes the file, however it ends.
 */
const lockOpenFile = (file: FileHandle): Promise<'locked' | 'held'> =>
  new Promise((resolve, reject) => {
    const flock = spawn('flock', ['--exclusive', '--nonblock', '--conflict-exit-code', `${heldByAnother}`, '3'], {
      stdio: ['ignore', 'ignore', 'pipe', file.fd],
    })
    let said = ''
    flock.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    flock.on('error', reject)
    flock.on('close', (code) => {
      if (code === 0) resolve('locked')
      else if (code === heldByAnother) resolve('held')
      else reject(new Error(`flock ended with ${code}: ${said.trim()}`))
    })
  })

const describeHolder = async (path: string): Promise<string> => {
  const pid = (await readFile(path, 'utf8')).trim()
  return /^\d+$/.test(pid) ? `process ${pid}` : 'another process'
}

/**
 * Takes the lock at `path`, or fails at once. The file stays when the lock is released: it says nothing by itself.
 * @throws TerminalError `AlreadyRunning` when another process has it; the message names its id.
 */
export const acquireLock = async (path: string): Promise<Lock> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  const file = await open(path, 'a', 0o644)
  try {
    if ((await lockOpenFile(file)) === 'held') {
      throw new TerminalError(
        'AlreadyRunning',
        `Palisade runs already, as ${await describeHolder(path)} (lock ${path})`,
      )
    }
    await file.truncate(0)
    await file.write(`${process.pid}\n`)
  } catch (error) {
    await file.close()
    throw error
  }
  return { release: () => file.close() }
}
