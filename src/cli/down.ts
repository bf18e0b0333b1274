import { type Command, defineCommand, type GlobalOptions } from './command.ts'

export interface DownOptions extends GlobalOptions {
  readonly purge: boolean
}

export const downCommand: Command = defineCommand<DownOptions>({
  command: 'down',
  describe: 'Stop the daemon, the tenants and the edge',
  builder: (yargs) =>
    yargs
      .option('purge', {
        type: 'boolean',
        default: false,
        describe: 'Remove every tenant, WITH ITS DATA, and all state',
      })
      .example('$0 down', 'everything stops; data stays')
      .example('$0 down --purge', 'as if it had never been here; specs and built images stay'),
  handler: async (options, io) => (await import('./bring-down.ts')).bringDown(options, io),
})
