import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { CliError, EXIT } from './exit-codes.ts'

export interface LogsOptions extends GlobalOptions {
  readonly account: string
  readonly service: string | undefined
  readonly follow: boolean
  readonly tail: string
  readonly since: string | undefined
  readonly timestamps: boolean
  /** Requests that the edge has answered, in the place of what services write. */
  readonly access: boolean
  readonly site: string | undefined
}

/** @throws CliError for anything but a number of lines, or `all`. */
export const tailOption = (text: string): number | 'all' => {
  if (text === 'all') return text
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new CliError(EXIT.usage, `--tail: ${JSON.stringify(text)} is no number of lines, nor "all"`)
}

// The engine's client is loaded when it is wanted: no other command should wait for it.
export const logsCommand: Command = defineCommand<LogsOptions>({
  command: 'logs <account> [service]',
  describe: 'Show what the services of an account write',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', demandOption: true, describe: 'Whose' })
      .positional('service', { type: 'string', describe: 'Only of this one, as palisade describe names it' })
      .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'Go on, and print what they write' })
      .option('tail', {
        type: 'string',
        requiresArg: true,
        default: 'all',
        describe: 'At most so many lines from the end, of each service',
      })
      .option('since', { type: 'string', requiresArg: true, describe: 'Only of the last 90s, 10m, 1h30m' })
      .option('timestamps', { type: 'boolean', default: false, describe: 'With the time of each line' })
      .option('access', {
        type: 'boolean',
        default: false,
        describe: 'Requests for the sites instead, as the edge saw them',
      })
      .option('site', { type: 'string', requiresArg: true, implies: 'access', describe: 'Only of this site' })
      .example('$0 logs alice php-8.2 --since 10m', 'what PHP wrote lately')
      .example('$0 logs alice --access --site shop.example -o json', 'who asked for its pages')
      .example('$0 logs alice -f --tail 5', 'all services, as they write'),
  handler: async (options, io) =>
    options.access
      ? (await import('./show-access.ts')).showAccess(options, io)
      : (await import('./show-logs.ts')).showLogs(options, io),
})
