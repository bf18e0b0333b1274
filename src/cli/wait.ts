import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { daemonClient, isDaemonRunning } from './daemon-client.ts'
import { durationOption } from './durations.ts'
import { EventLog, isOf } from './event-log.ts'
import { CliError, EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import { looks } from './looks.ts'
import { printable } from './paint.ts'
import { statePaths } from './state-paths.ts'
import { readStatusFile } from './status-files.ts'
import { type Awaited, parseAwaited, type Sight, unmetConditions, whyNot } from './wait-condition.ts'

export interface WaitOptions extends GlobalOptions {
  readonly account: string
  readonly for: string
  readonly timeout: string
  readonly quiet: boolean
}

/** What is told while waiting. */
interface Progress {
  /** Why it is not so yet; said once until it changes. */
  reason(text: string): void
  events(): Promise<void>
}

const look = async (state: string, account: string): Promise<Sight> => {
  const paths = statePaths(state)
  const object = await readStatusFile(paths.accounts, account)
  const hasRecord = await access(join(paths.records, `${account}.json`)).then(
    () => true,
    () => false,
  )
  return { object, hasRecord }
}

const startProgress = async ({ account, state, quiet }: WaitOptions, io: Io): Promise<Progress> => {
  if (quiet) return { reason: () => {}, events: async () => {} }
  const log = new EventLog(statePaths(state).events)
  await log.read()
  let last = ''
  let lastEvent = ''
  const say = (text: string) => io.stderr.write(`${account}: ${printable(text)}\n`)
  return {
    reason: (text) => {
      if (text !== last) say(text)
      last = text
    },
    events: async () => {
      for (const { message, type } of (await log.read()).filter(isOf(account))) {
        // A try that fails as the one before tells nothing new.
        if (message !== lastEvent) say(type === 'Warning' ? `warning: ${message}` : message)
        lastEvent = message
      }
    },
  }
}

/** As long as nobody works on it, say so, once: it may be started yet. */
const warnWithoutDaemon = async (runDirectory: string, io: Io): Promise<void> => {
  if (await isDaemonRunning(runDirectory, io.signal)) return
  io.stderr.write('the daemon is not running, so nothing will change until it is started\n')
}

/**
 * A status that says Ready may be older than an edit of the spec. A daemon that runs knows better: nothing may be left to
 * do. Undefined also when there is none to ask.
 */
const stillToDo = async ({ account, 'run-dir': runDirectory }: WaitOptions, io: Io): Promise<string | undefined> => {
  try {
    const { plan } = await daemonClient(runDirectory, io.signal).plan(account)
    const [step] = plan.steps
    return step === undefined ? undefined : `not done yet: ${step.cause}`
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}

const isForReady = (awaited: Awaited): boolean =>
  awaited !== 'delete' && awaited.type === 'Ready' && awaited.status === 'True'

const explainTimeout = (account: string, timeout: string, reason: string, { object }: Sight, io: Io): void => {
  const lines = [reason, ...(object === undefined ? [] : unmetConditions(object))]
  io.stderr.write(`${account}: timed out after ${timeout}:\n`)
  for (const line of new Set(lines)) io.stderr.write(`  ${printable(line)}\n`)
  io.stderr.write(`see palisade describe ${account}\n`)
}

const describeMet = (account: string, awaited: Awaited): string =>
  awaited === 'delete' ? `${account} is deleted` : `${account}: ${awaited.type} is ${awaited.status}`

export const wait = async (options: WaitOptions, io: Io): Promise<number> => {
  const { account, state, timeout } = options
  const awaited = parseAwaited(options.for)
  const deadline = io.clock.now() + durationOption('timeout', timeout)
  const progress = await startProgress(options, io)
  let first = true
  for await (const _ of looks(statePaths(state).accounts, io)) {
    const sight = await look(state, account)
    await progress.events()
    const reason = whyNot(awaited, sight) ?? (isForReady(awaited) ? await stillToDo(options, io) : undefined)
    if (reason === undefined) {
      io.stdout.write(`${describeMet(account, awaited)}\n`)
      return EXIT.ok
    }
    if (first) await warnWithoutDaemon(options['run-dir'], io)
    first = false
    progress.reason(reason)
    if (io.clock.now() < deadline) continue
    explainTimeout(account, timeout, reason, sight, io)
    return EXIT.timedOut
  }
  return EXIT.failed
}

export const waitCommand: Command = defineCommand<WaitOptions>({
  command: 'wait <account>',
  describe: 'Wait until an account is ready, or gone',
  builder: (yargs) =>
    yargs
      .positional('account', { type: 'string', demandOption: true, describe: 'Which; it need not exist yet' })
      .option('for', {
        type: 'string',
        requiresArg: true,
        default: 'Ready',
        describe: 'delete, or a condition, such as Ready, SitesReady, Stalled=False',
      })
      .option('timeout', {
        type: 'string',
        requiresArg: true,
        default: '5m',
        describe: 'Such as 90s, 5m; 0 looks once',
      })
      .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'No progress' })
      .example('$0 wait alice', 'until Ready, at most 5 minutes')
      .example('$0 wait alice --for=delete --timeout 1m', 'until nothing of it is left')
      .example('$0 wait alice --for=Stalled=False -q', 'any condition, silently'),
  handler: wait,
})
