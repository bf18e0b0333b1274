import { WaitingError } from '../../ports/errors.ts'

const RETRY_MS = 500

/** What connect(2) and a connection that ends early say when no engine answers. */
const UNREACHABLE: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

const hasStatus = (error: unknown): error is Error & { readonly statusCode: number } =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'

/** True when the engine answered with this HTTP status. */
export const isStatus = (error: unknown, ...statuses: readonly number[]): boolean =>
  hasStatus(error) && statuses.includes(error.statusCode)

/** For `.catch`: answers with these statuses mean that the work is done already. */
export const doneOn =
  (...statuses: readonly number[]) =>
  (error: unknown): void => {
    if (!isStatus(error, ...statuses)) throw error
  }

/** For `.catch`: an answer with this status means that something will be there soon. */
export const waitOn =
  (status: number, reason: string, message: string) =>
  (error: unknown): never => {
    throw isStatus(error, status) ? new WaitingError(reason, message, RETRY_MS, { cause: error }) : error
  }

/** An engine that can't be reached is waited for; every other error stays as it is. */
export const unavailable = (account: string, error: unknown): unknown =>
  error instanceof Error && 'code' in error && UNREACHABLE.has(error.code)
    ? new WaitingError('EngineUnavailable', `the engine of ${account} does not answer`, RETRY_MS, { cause: error })
    : error
