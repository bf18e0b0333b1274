import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { Answer, Attempt } from '../../isolation/probe.ts'
import { PROGRAM_ENVIRONMENT } from '../host/program.ts'
import { attackLines, parseAnswers } from './attack-lines.ts'

export interface RootPosition {
  /** The project's `libexec`. */
  readonly libexecDirectory: string
  /** Text of the program that attacks. */
  readonly program: string
  /** Each a `cgroup.procs`: the attacker is within the tenant's limits before it begins. */
  readonly processFiles: readonly string[]
  /** Process that keeps the tenant's namespaces open. */
  readonly holder: number
  /** For whoever takes something of the fence away, to see that it is missed. */
  readonly alter: (entry: readonly string[]) => readonly string[]
}

const TIMEOUT_MS = 180_000
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** As dockerd is entered: root of the tenant's namespaces, the tenant's user outside. */
const entry = (holder: number): readonly string[] => [
  'nsenter',
  ...['--target', `${holder}`, '--user', '--mount', '--net', '--setuid', '0', '--setgid', '0', '--wd=/', '--'],
]

/** Attacks with the host's own perl, which the tenant's mount namespace shows. The program is an argument: no path leads to it from there. */
export const attackFromRoot = (
  { libexecDirectory, program, processFiles, holder, alter }: RootPosition,
  attempts: readonly Attempt[],
  signal: AbortSignal,
): Promise<readonly Answer[]> =>
  new Promise((resolve, reject) => {
    const command = [...alter(entry(holder)), 'perl', '-e', program, '--', ...attackLines(attempts)]
    execFile(
      join(libexecDirectory, 'enter-cgroup'),
      [...processFiles, '--', ...command],
      { env: PROGRAM_ENVIRONMENT, timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, signal },
      (error, stdout, stderr) => {
        if (signal.aborted) return reject(signal.reason)
        // An attacker that was ended midway has answered what it had tried until then.
        if (error !== null && stdout === '')
          return reject(new Error(`nothing could be started in the tenant: ${stderr.trim() || error.message}`))
        resolve(parseAnswers(stdout, attempts.length))
      },
    )
  })
