import { request } from 'node:http'
import { isJobRun } from '../control/job-status.ts'
import type { IsolationSummary } from '../isolation/summary.ts'
import { hostLayout } from '../plan/settings.ts'
import type { Plan } from '../plan/steps.ts'
import type { JobRun } from '../ports/engine.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { field, textField } from './status-object.ts'

export interface Health {
  readonly pid: number
  /** RFC 3339. */
  readonly startedAt: string
  readonly version: string
}

export interface PlannedAccount {
  readonly plan: Plan
  readonly text: string
}

/** The daemon's API on its Unix socket. Every call throws CliError, with the exit code that fits. */
export interface DaemonClient {
  health(): Promise<Health>
  /** In the text format of Prometheus. */
  metrics(): Promise<string>
  /** What the daemon would do next. */
  plan(account: string): Promise<PlannedAccount>
  /** New passwords for one owner of schemas in an engine, or for all; answers their names. */
  rotatePasswords(account: string, engine: string, owner: string | undefined): Promise<readonly string[]>
  /** Has the daemon run a job now, and waits for its end, however long that takes. */
  runJob(account: string, site: string, name: string): Promise<JobRun>
  /** Has the daemon note in the account's status what came of attacks from inside it. */
  recordIsolation(account: string, summary: IsolationSummary): Promise<void>
  /** Has the daemon look at the account soon; returns at once. */
  reconcile(account: string): Promise<void>
}

/** Plans look at a whole host; more patience than this helps nobody. */
const TIMEOUT_MS = 60_000

interface Answer {
  readonly status: number
  readonly body: string
}

interface Question {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
}

const send = (socketPath: string, { method, path, body }: Question, signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, signal }, (response) => {
      const parts: string[] = []
      response.setEncoding('utf8')
      response.on('data', (part: string) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parts.join('') }))
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

const ABSENT = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTDIR']

const unanswered = (socketPath: string, error: unknown): CliError => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (ABSENT.includes(code)) {
    const remedy = 'start it with systemctl start palisade, npm run up or palisade run'
    const message = `the daemon is not running (no answer at ${socketPath}): ${remedy}`
    return new CliError(EXIT.daemonNotRunning, message, { cause: error })
  }
  if (code === 'EACCES') {
    return new CliError(EXIT.failed, `${socketPath}: permission denied: run this as root`, { cause: error })
  }
  const detail = error instanceof Error ? error.message : String(error)
  return new CliError(EXIT.failed, `the daemon at ${socketPath} did not answer: ${detail}`, { cause: error })
}

const NOT_FOUND = ['AccountNotFound', 'OwnerUnknown', 'JobNotFound']

const refused = ({ status, body }: Answer): CliError => {
  const error = field(parseBody(body), 'error')
  const message = textField(error, 'message') || `the daemon answered with status ${status}`
  const notFound = status === 404 && NOT_FOUND.includes(textField(error, 'reason'))
  return new CliError(notFound ? EXIT.notFound : EXIT.failed, message)
}

const parseBody = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const isHealth = (value: unknown): value is Health =>
  typeof field(value, 'pid') === 'number' && ['startedAt', 'version'].every((name) => textField(value, name) !== '')

const isPlanned = (value: unknown): value is PlannedAccount =>
  Array.isArray(field(field(value, 'plan'), 'steps')) &&
  Array.isArray(field(field(value, 'plan'), 'blocked')) &&
  typeof field(value, 'text') === 'string'

const isRotated = (value: unknown): value is { readonly owners: readonly string[] } => {
  const owners = field(value, 'owners')
  return Array.isArray(owners) && owners.every((owner) => typeof owner === 'string')
}

const expectBody = <T>(value: unknown, isExpected: (value: unknown) => value is T): T => {
  if (isExpected(value)) return value
  throw new CliError(EXIT.failed, 'the daemon speaks another version of this API: restart it after an upgrade')
}

/** Talks to the daemon whose socket is in `runDirectory`; calls end when `signal` aborts. */
export const daemonClient = (runDirectory: string, signal: AbortSignal): DaemonClient => {
  const socketPath = hostLayout({ stateDirectory: '', runDirectory, dataRoot: '' }).apiSocket
  const askText = async (question: Question, timeout = AbortSignal.timeout(TIMEOUT_MS)): Promise<string> => {
    const answer = await send(socketPath, question, AbortSignal.any([signal, timeout])).catch((error: unknown) => {
      signal.throwIfAborted()
      throw unanswered(socketPath, error)
    })
    if (answer.status >= 300) throw refused(answer)
    return answer.body
  }
  const ask = async (...asked: Parameters<typeof askText>): Promise<unknown> => parseBody(await askText(...asked))
  const get = (path: string) => ask({ method: 'GET', path })
  const post = (path: string, body?: unknown) => ask({ method: 'POST', path, body })
  const pathOf = (account: string, verb: string) => `/v1/accounts/${encodeURIComponent(account)}/${verb}`
  return {
    health: async () => expectBody(await get('/v1/health'), isHealth),
    metrics: () => askText({ method: 'GET', path: '/metrics' }),
    plan: async (account) => expectBody(await get(pathOf(account, 'plan')), isPlanned),
    rotatePasswords: async (account, engine, owner) => {
      const whose = [engine, ...(owner === undefined ? [] : [owner])].map(encodeURIComponent).join('/')
      return expectBody(await post(pathOf(account, `passwords/${whose}`)), isRotated).owners
    },
    runJob: async (account, site, name) => {
      const path = pathOf(account, `jobs/${encodeURIComponent(site)}/${encodeURIComponent(name)}/run`)
      return expectBody(await ask({ method: 'POST', path }, new AbortController().signal), isJobRun)
    },
    recordIsolation: async (account, summary) => void (await post(pathOf(account, 'isolation'), summary)),
    reconcile: async (account) => void (await post(pathOf(account, 'reconcile'))),
  }
}

/** True when a daemon answers. */
export const isDaemonRunning = (runDirectory: string, signal: AbortSignal): Promise<boolean> =>
  daemonClient(runDirectory, signal)
    .health()
    .then(
      () => true,
      () => false,
    )
