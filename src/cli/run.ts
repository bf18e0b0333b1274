import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { VERSION } from './version.ts'

interface RunOptions extends GlobalOptions {
  readonly 'log-level': string
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** The daemon, in the foreground, until it is told to end. */
export const runCommand: Command = defineCommand<RunOptions>({
  command: 'run',
  describe: 'Run the daemon in the foreground',
  builder: (yargs) =>
    yargs
      .option('log-level', {
        type: 'string',
        choices: LEVELS,
        default: 'info',
        describe: 'How much to say, as JSON lines on standard output',
      })
      .example('$0 run --specs ./specs', 'keep this host as the specs in ./specs say, until Ctrl-C')
      .example('$0 run --log-level debug', 'with every hint and every pass'),
  handler: async (options, io) => {
    const [{ runDaemon }, { pino }] = await Promise.all([import('./daemon.ts'), import('pino')])
    const ended = new AbortController()
    io.signal.addEventListener('abort', () => ended.abort(), { once: true })
    await runDaemon({
      specsDirectory: options.specs,
      stateDirectory: options.state,
      runDirectory: options['run-dir'],
      version: VERSION,
      logger: pino({ level: options['log-level'] }),
      signal: ended.signal,
    })
    return EXIT.ok
  },
})
