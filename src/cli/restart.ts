import { type Command, defineCommand, type GlobalOptions } from './command.ts'

export interface RestartOptions extends GlobalOptions {
  readonly account: string
  readonly services: readonly string[]
  readonly all: boolean
  readonly timeout: string
}

export const restartCommand: Command = defineCommand<RestartOptions>({
  command: 'restart <account> [services..]',
  describe: 'Restart services of an account, one after another',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', demandOption: true, describe: 'Whose' })
      .positional('services', { type: 'string', array: true, default: [], describe: 'As palisade describe names them' })
      .option('all', { type: 'boolean', default: false, describe: 'Every service' })
      .option('timeout', {
        type: 'string',
        requiresArg: true,
        default: '1m',
        describe: 'What each has to become healthy again',
      })
      .example('$0 restart alice php-8.2', 'ends with 1 when it does not become healthy again')
      .example('$0 restart alice --all', 'all of them'),
  handler: async (options, io) => (await import('./restart-services.ts')).restartServices(options, io),
})
