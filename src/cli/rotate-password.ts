import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { daemonClient } from './daemon-client.ts'
import { EXIT } from './exit-codes.ts'

interface RotatePasswordOptions extends GlobalOptions {
  readonly account: string
  readonly engine: string
  readonly owner: string | undefined
}

export const rotatePasswordCommand: Command = defineCommand<RotatePasswordOptions>({
  command: 'rotate-password <account> <engine> [owner]',
  describe: 'Give owners of schemas new passwords; apps read them from the same files',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', demandOption: true, describe: 'Of which account' })
      .positional('engine', { type: 'string', demandOption: true, describe: 'In which database, such as mariadb' })
      .positional('owner', { type: 'string', describe: 'Whose; all owners when it is left out' })
      .example('$0 rotate-password alice mariadb shop', 'and then: palisade wait alice')
      .example('$0 rotate-password alice postgres', 'all owners'),
  handler: async ({ account, engine, owner, 'run-dir': runDirectory }, io) => {
    const owners = await daemonClient(runDirectory, io.signal).rotatePasswords(account, engine, owner)
    for (const name of owners)
      io.stdout.write(`${name}: has a new password, in /run/secrets/${engine}-${name} of the apps\n`)
    return EXIT.ok
  },
})
