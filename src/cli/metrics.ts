import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { daemonClient } from './daemon-client.ts'
import { EXIT } from './exit-codes.ts'

export const metricsCommand: Command = defineCommand<GlobalOptions>({
  command: 'metrics',
  describe: "Print the daemon's metrics, as Prometheus reads them",
  builder: (yargs) => yargs.example('$0 metrics | grep transferred', 'bytes through the NIC of each account'),
  handler: async (options, io) => {
    io.stdout.write(await daemonClient(options['run-dir'], io.signal).metrics())
    return EXIT.ok
  },
})
