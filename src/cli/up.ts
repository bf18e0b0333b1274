import { type Command, defineCommand, type GlobalOptions } from './command.ts'

export interface UpOptions extends GlobalOptions {
  readonly example: string | undefined
  readonly timeout: string
  readonly 'storage-image': string | undefined
}

export const upCommand: Command = defineCommand<UpOptions>({
  command: 'up [example]',
  describe: 'Set this host up, start the daemon and wait until all is ready',
  builder: (yargs) =>
    yargs
      .positional('example', { type: 'string', describe: 'Directory of specs to copy beside those there are' })
      .option('timeout', {
        type: 'string',
        requiresArg: true,
        default: '10m',
        describe: 'How long to wait for each account',
      })
      .option('storage-image', {
        type: 'string',
        requiresArg: true,
        describe:
          'Before the first account: keep trees in a btrfs image of this size, such as 50Gi, so that storage limits hold',
      })
      .example('$0 up examples/quickstart', 'a first tenant; run again, it changes nothing')
      .example('$0 up', 'with the specs that are there'),
  // Only this command needs the whole host.
  handler: async (options, io) => (await import('./bring-up.ts')).bringUp(options, io),
})
