import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { daemonClient, type PlannedAccount } from './daemon-client.ts'
import { EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import { statePaths } from './state-paths.ts'
import { listStatusFiles } from './status-files.ts'

interface PlanOptions extends GlobalOptions {
  readonly account: string | undefined
  readonly 'exit-code': boolean
}

interface NamedPlan extends PlannedAccount {
  readonly account: string
}

/** The daemon's text, with nothing in it that a terminal would obey. */
const formatText = ({ text }: NamedPlan): string => text.replace(/[^\P{Cc}\n]+/gu, ' ')

const formatAll = (plans: readonly NamedPlan[]): string =>
  plans.map((plan) => `${plan.account}:\n${formatText(plan)}`).join('\n')

export const planCommand: Command = defineCommand<PlanOptions>({
  command: 'plan [account]',
  describe: 'Show what the daemon would do now, and why',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', describe: 'Only of this account' })
      .option('exit-code', { type: 'boolean', default: false, describe: 'End with 1 when there is something to do' })
      .example('$0 plan alice', 'the steps, in their order, each with its cause')
      .example('$0 plan --exit-code >/dev/null', 'for scripts: is everything as the specs say?')
      .example('$0 plan alice -o json', 'the plan as data'),
  handler: async (options, io) => {
    const { account, output } = options
    const client = daemonClient(options['run-dir'], io.signal)
    if (account === undefined) await client.health()
    const names = account === undefined ? await listStatusFiles(statePaths(options.state).accounts) : [account]
    const plans: NamedPlan[] = []
    for (const name of names) plans.push({ account: name, ...(await client.plan(name)) })
    const data = plans.map(({ account: name, plan }) => ({ account: name, ...plan }))
    if (isData(output)) io.stdout.write(formatData(output, account === undefined ? listOf(data) : data[0]))
    else if (account === undefined) io.stdout.write(formatAll(plans))
    else io.stdout.write(plans.map(formatText).join(''))
    const isDone = plans.every(({ plan }) => plan.steps.length === 0 && plan.blocked.length === 0)
    return isDone || !options['exit-code'] ? EXIT.ok : EXIT.failed
  },
})
