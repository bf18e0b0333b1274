import { type Command, defineCommand, type GlobalOptions } from './command.ts'

export interface AuditOptions extends GlobalOptions {
  readonly accounts: readonly string[]
}

export const auditCommand: Command = defineCommand<AuditOptions>({
  command: 'audit [accounts..]',
  describe: 'Judge running containers by the CIS Docker Benchmark and the Pod Security Standards',
  builder: (yargs) =>
    yargs
      .positional('accounts', { type: 'string', array: true, default: [], describe: 'Whose; else all that there are' })
      .example('$0 audit', 'ends with 5 when a rule is broken')
      .example('$0 audit alice -o wide', 'every rule, and what was seen')
      .example('$0 audit alice -o json', 'the same for a program'),
  handler: async (options, io) => (await import('./audit-accounts.ts')).auditAccounts(options, io),
})
