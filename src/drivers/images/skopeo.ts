import { access } from 'node:fs/promises'
import { TerminalError, TransientError } from '../../ports/errors.ts'
import { ProgramError, type RunProgram } from '../host/program.ts'

export interface SkopeoOptions {
  readonly runProgram: RunProgram
  /** Of this process: what skopeo(1) reads of it is handed on, and nothing else. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Path of the administrator's credentials: taken where it exists and the environment names no other. */
  readonly authFile: string
}

export interface SkopeoRun {
  /** What it is about, for the message: `cannot pull docker.io/library/php:8.5-fpm`. */
  readonly purpose: string
  /** Working directory, which also takes its temporary files. */
  readonly directory: string
  readonly signal: AbortSignal
}

/**
 * Runs skopeo(1), and answers what it printed.
 * @throws TerminalError or TransientError `ImageUnavailable`, in one sentence that bears no secret.
 */
export type Skopeo = (args: readonly string[], run: SkopeoRun) => Promise<string>

/** Enough for a gigabyte at 10 Mbit/s. */
const TIMEOUT_MS = 20 * 60_000

/** Where the administrator's credentials and certificates are, and the way out: skopeo(1), containers-auth.json(5). */
const HANDED_ON = [
  ...['HOME', 'XDG_RUNTIME_DIR', 'REGISTRY_AUTH_FILE', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
]

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const handedOn = async ({ environment, authFile }: SkopeoOptions): Promise<Record<string, string>> => {
  const known = HANDED_ON.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value]]
  })
  const credentials = (await exists(authFile)) ? { REGISTRY_AUTH_FILE: authFile } : {}
  return { ...credentials, ...Object.fromEntries(known) }
}

export const createSkopeo = (skopeo: SkopeoOptions): Skopeo => {
  const { runProgram } = skopeo
  return async (args, { purpose, directory, signal }) => {
    try {
      const options = { directory, signal, timeoutMs: TIMEOUT_MS, environment: await handedOn(skopeo) }
      return await runProgram('skopeo', ['--tmpdir', directory, ...args], options)
    } catch (error) {
      signal.throwIfAborted()
      throw unavailable(purpose, error)
    }
  }
}

/** Answers that the next try would get, too: the registry has spoken, or there is nobody to ask. */
const FINAL =
  /manifest unknown|name unknown|StatusCode: 404|no image found in|does not match|unauthorized|authentication required|denied|rejected by policy/i

/** Neither has the error as its cause: that repeats the whole command and all that was written. */
const unavailable = (purpose: string, error: unknown): TerminalError | TransientError => {
  const because = (why: string): [string, string] => ['ImageUnavailable', `${purpose}: ${why}`]
  if (!(error instanceof ProgramError)) return new TransientError(...because(String(error)))
  if (isMissing(error)) return new TerminalError(...because('skopeo is not installed: scripts/setup-host installs it'))
  if (error.exitCode === undefined) return new TransientError(...because(`not done in ${TIMEOUT_MS / 60_000} minutes`))
  const why = complaint(error.stderr)
  return FINAL.test(why) ? new TerminalError(...because(why)) : new TransientError(...because(why))
}

const isMissing = ({ cause }: ProgramError): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'

/**
 * Why skopeo gave up, from its last line, which is logfmt. Without what differs from try to try, such as the local port
 * of a connection, and without the queries of addresses, which may be signed.
 */
export const complaint = (stderr: string): string => {
  const last = stderr.trimEnd().split('\n').at(-1) ?? ''
  const quoted = /msg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]
  const message = quoted === undefined ? last : quoted.replace(/\\(.)/g, '$1')
  return message
    .replace(/^initializing source \S+: /, '')
    .replace(/(https?:\/\/[^\s"?]+)\?[^\s"]*/g, '$1')
    .replace(/\S+:\d+->/g, '')
    .replace(/(: [^:]+)\1+$/, '$1')
    .trim()
}
