import { execFile } from 'node:child_process'

export interface ProgramOptions {
  /** Handed over on standard input. */
  readonly input?: string
  /** Milliseconds until the program is killed; 30,000 unless told. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Working directory. */
  readonly directory?: string
  /** Added to the fixed environment. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs a program without a shell and answers its standard output. Throws {@link ProgramError} unless it exits 0. */
export type RunProgram = (file: string, args: readonly string[], options?: ProgramOptions) => Promise<string>

/** A program that could not be run, failed, or was killed at its time limit. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  /** Undefined when it didn't come to an exit. */
  readonly exitCode: number | undefined
  readonly stderr: string
  readonly stdout: string

  constructor(
    command: string,
    exitCode: number | undefined,
    { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
    cause: Error,
  ) {
    const how = exitCode === undefined ? cause.message : `exited with ${exitCode}`
    super(`${command} ${how}${stderr === '' ? '' : `: ${stderr}`}`, { cause })
    this.exitCode = exitCode
    this.stderr = stderr
    this.stdout = stdout
  }
}

const DEFAULT_TIMEOUT_MS = 30_000
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/** What programs see of an environment: nothing of the daemon's own, messages in English. */
export const PROGRAM_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
}

export const runProgram: RunProgram = (file, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      {
        env: { ...PROGRAM_ENVIRONMENT, ...options.environment },
        maxBuffer: MAX_OUTPUT_BYTES,
        timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        killSignal: 'SIGKILL',
        ...(options.directory !== undefined && { cwd: options.directory }),
        ...(options.signal && { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout)
        if (options.signal?.aborted) return reject(options.signal.reason)
        const exitCode = typeof error.code === 'number' ? error.code : undefined
        reject(new ProgramError([file, ...args].join(' '), exitCode, { stdout, stderr: stderr.trim() }, error))
      },
    )
    // A program that ends without reading its input is judged by its exit code, not by the broken pipe.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input)
  })
