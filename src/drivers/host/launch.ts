import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM_ENVIRONMENT } from './program.ts'

export interface Launch {
  /** The project's `libexec`. */
  readonly libexecDirectory: string
  /** Each a `cgroup.procs`; all are entered before anything else runs. */
  readonly processFiles: readonly string[]
  /** What leads into the tenant's user and namespaces, and runs a command given after it. */
  readonly entry: readonly string[]
  /** Name of a script in `libexec`. */
  readonly script: 'holder' | 'engine'
  readonly scriptArguments: readonly string[]
  readonly workingDirectory: string
  /** `pipe`, or the descriptor of a file for both streams. */
  readonly output: 'pipe' | number
}

/**
 * Starts a process of a tenant that outlives the daemon: in a session of its own and in the tenant's control group. Its
 * id stays the same through everything that it becomes, as only exec is called.
 *
 * The script is handed over on standard input, since its path may lead through directories closed to the tenant.
 */
export const launch = (options: Launch): ChildProcess => {
  const { libexecDirectory, processFiles, entry, script, scriptArguments, workingDirectory, output } = options
  const input = openSync(join(libexecDirectory, script), 'r')
  try {
    const command = [...entry, 'sh', '-s', '--', ...scriptArguments]
    const child = spawn(join(libexecDirectory, 'enter-cgroup'), [...processFiles, '--', ...command], {
      cwd: workingDirectory,
      env: { ...PROGRAM_ENVIRONMENT, HOME: '/run' },
      stdio: [input, output, output],
      detached: true,
    })
    child.unref()
    return child
  } finally {
    closeSync(input)
  }
}
