import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Metrics } from '../control/metrics.ts'
import type { PasswordOwners } from '../control/rotate-passwords.ts'
import { type IsolationSummary, isIsolationSummary } from '../isolation/summary.ts'
import { formatPlan } from '../plan/format-plan.ts'
import type { Plan } from '../plan/steps.ts'
import type { JobRun } from '../ports/engine.ts'
import { TerminalError, WaitingError } from '../ports/errors.ts'

export interface ApiServerOptions {
  readonly socketPath: string
  readonly version: string
  /** RFC 3339. */
  readonly startedAt: string
  readonly knows: (account: string) => Promise<boolean>
  readonly plan: (account: string) => Promise<Plan>
  readonly hint: (account: string) => void
  /** Names of the owners that have a new password. */
  readonly rotatePasswords: (account: string, owners: PasswordOwners) => Promise<readonly string[]>
  /** Answers when the run has ended. */
  readonly runJob: (account: string, site: string, name: string) => Promise<JobRun>
  /** False while the account has no status. */
  readonly recordIsolation: (account: string, summary: IsolationSummary) => Promise<boolean>
  /** In a format of Prometheus. */
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>
  readonly logger: Logger
}

interface Answer {
  readonly status: number
  /** A text as it is, everything else as JSON. */
  readonly body: unknown
  readonly contentType?: string
}

const refusal = (status: number, reason: string, message: string): Answer => ({
  status,
  body: { error: { reason, message } },
})

const accountNotFound = (account: string): Answer => refusal(404, 'AccountNotFound', `there is no account ${account}`)

const JOB_ROUTE = /^\/v1\/accounts\/([a-z][a-z0-9-]{0,31})\/jobs\/([a-z0-9.-]{1,253})\/([a-z0-9-]{1,31})\/run$/
const ROUTE =
  /^\/v1\/accounts\/([a-z][a-z0-9-]{0,31})\/(plan|reconcile|isolation|passwords\/([a-z][a-z0-9-]*)(?:\/([a-z][a-z0-9_]*))?)$/

const rotate = async (
  account: string,
  engine: string,
  owner: string | undefined,
  { rotatePasswords }: ApiServerOptions,
): Promise<Answer> => {
  try {
    const owners = await rotatePasswords(account, { engine, owner: owner === undefined ? 'all' : { name: owner } })
    return { status: 200, body: { owners } }
  } catch (error) {
    if (error instanceof TerminalError) return refusal(404, error.reason, error.message)
    throw error
  }
}

const runJob = async ([, account = '', site = '', name = '']: readonly string[], options: ApiServerOptions) => {
  if (!(await options.knows(account))) return accountNotFound(account)
  try {
    return { status: 200, body: await options.runJob(account, site, name) }
  } catch (error) {
    if (error instanceof TerminalError) return refusal(404, error.reason, error.message)
    if (error instanceof WaitingError) return refusal(409, error.reason, error.message)
    throw error
  }
}

const MAX_BODY_BYTES = 64 * 1024

/** Undefined for what is no JSON, or too much of it. */
const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    const bytes = Buffer.from(part)
    size += bytes.length
    if (size > MAX_BODY_BYTES) return undefined
    parts.push(bytes)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString())
  } catch {
    return undefined
  }
}

const recordIsolation = async (account: string, request: IncomingMessage, options: ApiServerOptions) => {
  const summary = await readJson(request)
  if (!isIsolationSummary(summary)) return refusal(400, 'BadRequest', 'that is no summary of isolation probes')
  if (await options.recordIsolation(account, summary)) return { status: 200, body: {} }
  return refusal(409, 'NoStatus', `${account} has no status yet`)
}

const answer = async (request: IncomingMessage, options: ApiServerOptions): Promise<Answer> => {
  const { method, url } = request
  if (method === 'GET' && url === '/v1/health') {
    const { version, startedAt } = options
    return { status: 200, body: { pid: process.pid, version, startedAt } }
  }
  if (method === 'GET' && url === '/metrics') {
    const { contentType, text } = options.metrics
    return { status: 200, body: await text(), contentType }
  }
  const job = JOB_ROUTE.exec(url ?? '')
  if (job !== null && method === 'POST') return runJob(job, options)
  const [, account, verb, engine, owner] = ROUTE.exec(url ?? '') ?? []
  if (account === undefined) return refusal(404, 'NotFound', `there is no ${url}`)
  if (!(await options.knows(account))) return accountNotFound(account)
  if (verb === 'plan' && method === 'GET') {
    const plan = await options.plan(account)
    return { status: 200, body: { plan, text: formatPlan(plan) } }
  }
  if (verb === 'reconcile' && method === 'POST') {
    options.hint(account)
    return { status: 202, body: {} }
  }
  if (verb === 'isolation' && method === 'POST') return recordIsolation(account, request, options)
  if (engine !== undefined && method === 'POST') return rotate(account, engine, owner, options)
  return refusal(405, 'MethodNotAllowed', `${method} is not for ${url}`)
}

const respond = (response: ServerResponse, { status, body, contentType = 'application/json' }: Answer): void => {
  response.writeHead(status, { 'content-type': contentType })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/**
 * The daemon's ear for the command line: HTTP on a Unix socket that only root can open.
 * @throws Error when the socket can't be made.
 */
export const serveApi = async (options: ApiServerOptions): Promise<Server> => {
  const server = createServer((request, response) => {
    answer(request, options).then(
      (result) => respond(response, result),
      (error: unknown) => {
        options.logger.error({ err: error, url: request.url }, 'request failed')
        respond(response, refusal(500, 'Failed', error instanceof Error ? error.message : String(error)))
      },
    )
  })
  // The lock says that no other daemon runs: what is there is left over.
  await rm(options.socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.socketPath, resolve)
  })
  await chmod(options.socketPath, 0o600)
  return server
}
