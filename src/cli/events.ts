import { dirname } from 'node:path'
import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { durationOption } from './durations.ts'
import { EventLog, isOf, type LoggedEvent } from './event-log.ts'
import { eventTable, FOLLOW_WIDTHS } from './event-table.ts'
import { EXIT } from './exit-codes.ts'
import { formatData, isData } from './format-data.ts'
import type { Io } from './io.ts'
import { looks } from './looks.ts'
import { paintFor } from './paint.ts'
import { statePaths } from './state-paths.ts'
import { columnWidths, formatRows, formatTable } from './table.ts'

interface EventsOptions extends GlobalOptions {
  readonly account: string | undefined
  readonly follow: boolean
  readonly since: string | undefined
}

/** One JSON object a line, or one YAML document each: events have no end. */
const formatEach = (format: 'json' | 'yaml', events: readonly LoggedEvent[]): string =>
  events.map(({ raw }) => (format === 'json' ? `${JSON.stringify(raw)}\n` : `---\n${formatData('yaml', raw)}`)).join('')

/** An account that nothing ever happened to is most likely a slip of the pen. */
const explainNothing = ({ account, since }: EventsOptions, io: Io): void => {
  const whose = account === undefined ? '' : ` of ${account}`
  io.stderr.write(`no events${whose}${since === undefined ? '' : ` in the last ${since}`}\n`)
}

const show = async (options: EventsOptions, events: readonly LoggedEvent[], io: Io): Promise<void> => {
  const { output } = options
  if (events.length === 0) explainNothing(options, io)
  else if (isData(output)) io.stdout.write(formatEach(output, events))
  else io.stdout.write(formatTable(eventTable(events), paintFor(options, io)))
}

const follow = async (options: EventsOptions, log: EventLog, isWanted: (event: LoggedEvent) => boolean, io: Io) => {
  const paint = paintFor(options, io)
  let widths: readonly number[] | undefined
  for await (const _ of looks(dirname(statePaths(options.state).events), io)) {
    const events = (await log.read()).filter(isWanted)
    if (events.length === 0) continue
    const table = eventTable(events)
    if (isData(options.output)) io.stdout.write(formatEach(options.output, events))
    else if (widths !== undefined) io.stdout.write(formatRows(table.rows, widths, paint))
    else {
      widths = columnWidths(table).map((width, column) => Math.max(width, FOLLOW_WIDTHS[column] ?? 0))
      io.stdout.write(formatTable(table, paint, widths))
    }
  }
}

export const eventsCommand: Command = defineCommand<EventsOptions>({
  command: 'events [account]',
  describe: 'Show what was done, and what was repaired',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', describe: 'Only of this account' })
      .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'Go on, and print what happens' })
      .option('since', { type: 'string', requiresArg: true, describe: 'Only of the last 90s, 10m, 1h30m' })
      .example('$0 events', 'everything that is still known')
      .example('$0 events alice --since 10m', 'what was done to one account lately')
      .example('$0 events -f -o json | jq .reason', 'for programs: one JSON object a line'),
  handler: async (options, io) => {
    const { account, since, state } = options
    const start = since === undefined ? Number.NEGATIVE_INFINITY : io.clock.now() - durationOption('since', since)
    const ofAccount = isOf(account)
    const isWanted = (event: LoggedEvent) => ofAccount(event) && !(Date.parse(event.time) < start)
    const log = new EventLog(statePaths(state).events)
    if (options.follow) await follow(options, log, isWanted, io)
    else await show(options, (await log.read()).filter(isWanted), io)
    return EXIT.ok
  },
})
