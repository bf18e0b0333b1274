import { execInContainer, type ServiceCommand } from '../drivers/engine/service-exec.ts'
import type { ExecOptions } from './exec.ts'
import { CliError, EXIT } from './exit-codes.ts'
import type { Io, Output } from './io.ts'
import { containerOf, withTenant } from './tenant-services.ts'

/** User or id, and group; what else there may be the engine itself refuses. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/

const FALLBACK_SIZE = { rows: 24, columns: 80 }

const usage = (message: string): CliError => new CliError(EXIT.usage, message)

const checked = ({ user, tty, interactive, '--': command = [] }: ExecOptions, { stdin, stdout }: Io): void => {
  if (command.length === 0)
    throw usage('Which command? Write it after --, such as: palisade exec alice php-8.2 -- php -v')
  if (user !== undefined && !USER.test(user)) throw usage(`--user: ${JSON.stringify(user)} is no user`)
  const atTerminal = stdout.isTTY === true && (!interactive || stdin.isTTY === true)
  if (tty && !atTerminal) throw usage('--tty: both ends have to be terminals')
}

/** Waits for a slow reader. */
const writeOut = (output: Output, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    if (output.write(bytes) === false && output.once !== undefined) output.once('drain', resolve)
    else resolve()
  })

const terminalOf = ({ stdout }: Io): ServiceCommand['terminal'] => ({
  size: () => ({ rows: stdout.rows ?? FALLBACK_SIZE.rows, columns: stdout.columns ?? FALLBACK_SIZE.columns }),
  onResize: (listener) => void stdout.on?.('resize', listener),
})

const commandOf = (options: ExecOptions, io: Io): ServiceCommand => ({
  command: options['--'] ?? [],
  terminal: options.tty ? terminalOf(io) : 'none',
  onOutput: (stream, bytes) => writeOut(io[stream], bytes),
  ...(options.user === undefined ? {} : { user: options.user }),
  ...(options.interactive ? { stdin: io.stdin } : {}),
})

/** Runs a command in a service's container, and answers the command's exit code. */
export const runInService = (options: ExecOptions, io: Io): Promise<number> => {
  checked(options, io)
  const isRaw = options.tty && options.interactive
  return withTenant(options, options.account, async (tenant) => {
    const id = containerOf(tenant, options.service)
    if (isRaw) io.stdin.setRawMode?.(true)
    try {
      return await execInContainer(tenant.docker, id, commandOf(options, io), io)
    } finally {
      if (isRaw) io.stdin.setRawMode?.(false)
    }
  })
}
