import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Commit of the checkout that a directory is in; undefined when it is in none. Starts git, so not for every pass. */
export const readRevision = async (directory: string): Promise<string | undefined> => {
  try {
    // The checkout may belong to whoever commits; only its head is read, and no hook or setting of it is run.
    const args = ['-c', `safe.directory=*`, '-C', directory, 'rev-parse', '--verify', '--quiet', 'HEAD']
    const { stdout } = await run('git', args, { timeout: 5_000 })
    return stdout.trim() || undefined
  } catch {
    return undefined
  }
}
