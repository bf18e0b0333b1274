import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { daemonClient } from './daemon-client.ts'
import { EXIT } from './exit-codes.ts'

interface ReconcileOptions extends GlobalOptions {
  readonly accounts: readonly string[]
}

export const reconcileCommand: Command = defineCommand<ReconcileOptions>({
  command: 'reconcile <accounts..>',
  describe: 'Have the daemon look at accounts now',
  builder: (yargs) =>
    yargs
      .positional('accounts', { type: 'string', array: true, demandOption: true, describe: 'Which' })
      .example('$0 reconcile alice', 'and then: palisade wait alice')
      .example('$0 reconcile alice bob', 'several'),
  handler: async ({ accounts, 'run-dir': runDirectory }, io) => {
    const client = daemonClient(runDirectory, io.signal)
    for (const account of accounts) {
      await client.reconcile(account)
      io.stderr.write(`${account}: the daemon looks now\n`)
    }
    return EXIT.ok
  },
})
