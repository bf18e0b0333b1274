import { runProgram } from '../drivers/host/program.ts'
import { readTransferred, readUsage } from '../drivers/host/tenant-usage.ts'
import { readStorage } from '../drivers/quotas/create-quotas.ts'
import type { Usage } from '../ports/usage.ts'
import { CGROUP_ROOT } from './cgroup-root.ts'
import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { type Description, formatDescription } from './description.ts'
import { EventLog, isOf } from './event-log.ts'
import { EXIT } from './exit-codes.ts'
import { formatData, isData } from './format-data.ts'
import { paintFor } from './paint.ts'
import { statePaths } from './state-paths.ts'
import { readAccount } from './status-files.ts'
import type { StatusObject } from './status-object.ts'

interface DescribeOptions extends GlobalOptions {
  readonly account: string
  readonly instance: string
}

const LAST_EVENTS = 10

/** Only while the tenant has a control group: its NIC goes with what lives in there. */
const usageOf = (instance: string, { name, interface: nic }: StatusObject): Usage | undefined => {
  const usage = readUsage(CGROUP_ROOT, `${instance}/${name}`)
  const transferred = readTransferred().get(nic)
  return usage && { ...usage, ...(transferred && { transferred }) }
}

export const describeCommand: Command = defineCommand<DescribeOptions>({
  command: 'describe <account>',
  describe: 'Show everything about one account',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', demandOption: true, describe: 'Which' })
      .option('instance', {
        type: 'string',
        requiresArg: true,
        default: 'palisade',
        describe: "The Host object's spec.instance, for reading usage",
      })
      .example('$0 describe alice', 'why is it not ready? What does it use?'),
  handler: async ({ account, instance, state, output, color }, io) => {
    const paths = statePaths(state)
    const object = await readAccount(paths.accounts, account)
    if (isData(output)) {
      io.stdout.write(formatData(output, object.raw))
      return EXIT.ok
    }
    const events = await new EventLog(paths.events).read()
    const description: Description = {
      object,
      storage: await readStorage(object.tree, { runProgram, clock: io.clock }).catch(() => undefined),
      usage: usageOf(instance, object),
      events: events.filter(isOf(account)).slice(-LAST_EVENTS),
    }
    io.stdout.write(formatDescription(description, io.clock.now(), paintFor({ color }, io)))
    return EXIT.ok
  },
})
