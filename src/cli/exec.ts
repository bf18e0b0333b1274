import { type Command, defineCommand, type GlobalOptions } from './command.ts'

export interface ExecOptions extends GlobalOptions {
  readonly account: string
  readonly service: string
  readonly user: string | undefined
  readonly interactive: boolean
  readonly tty: boolean
  /** What stands behind `--`. */
  readonly '--'?: readonly string[]
}

export const execCommand: Command = defineCommand<ExecOptions>({
  command: 'exec <account> <service>',
  describe: "Run a command in a service's container",
  builder: (yargs) =>
    yargs
      .usage('$0 exec ACCOUNT SERVICE [options] -- COMMAND...')
      .positional('account', { type: 'string', demandOption: true, describe: 'Whose' })
      .positional('service', { type: 'string', demandOption: true, describe: 'As palisade describe names it' })
      .option('user', {
        type: 'string',
        requiresArg: true,
        describe: "As this user, such as 33:33; else the service's own",
      })
      .option('interactive', { alias: 'i', type: 'boolean', default: false, describe: 'Pass standard input on' })
      .option('tty', { alias: 't', type: 'boolean', default: false, describe: 'Give it a terminal' })
      .example('$0 exec alice php-8.2 -- php -v', 'ends with the exit code of the command')
      .example('$0 exec alice php-8.2 -it -- sh', 'a shell')
      .example('$0 exec alice mariadb -i -- sh -c "mariadb shop" < dump.sql', 'with standard input'),
  handler: async (options, io) => (await import('./run-in-service.ts')).runInService(options, io),
})
