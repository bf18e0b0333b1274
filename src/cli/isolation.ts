import type { Argv } from 'yargs'
import { GROUPS } from '../isolation/probe.ts'
import { type Chosen, type Command, defineCommand, type GlobalOptions } from './command.ts'
import type { VerifyOptions } from './verify-isolation.ts'

const verifyCommand = defineCommand<VerifyOptions>({
  command: 'verify [accounts..]',
  describe: 'Attack another account and the host from inside an account, and tell whether the fence holds',
  builder: (yargs) =>
    yargs
      .positional('accounts', {
        type: 'string',
        array: true,
        default: [],
        describe: 'From inside these; else from each',
      })
      .option('only', { choices: GROUPS, requiresArg: true, describe: 'Only the probes of this group' })
      .option('totals', {
        type: 'boolean',
        default: false,
        describe: "Also use up the account's own totals: its services feel that",
      })
      .example('$0 isolation verify alice', 'ends with 0 only when every probe was tried and held')
      .example('$0 isolation verify --only network', 'addresses, ports and names, from inside each account'),
  handler: async (options, io) => (await import('./verify-isolation.ts')).verifyIsolation(options, io),
})

/** A command of commands. */
export const isolationCommand: Command = {
  install: (yargs, choose: (chosen: Chosen) => void): Argv<GlobalOptions> =>
    yargs.command('isolation', 'Prove that the fence around accounts holds', (inner) => {
      verifyCommand.install(inner, choose)
      return inner
        .demandCommand(1, 'isolation: verify?')
        .example('$0 isolation verify alice', 'attacks others and the host from inside alice')
    }),
}
