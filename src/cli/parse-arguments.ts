import yargs, { type Argv } from 'yargs'
import type { Chosen, Command, GlobalOptions, OutputFormat } from './command.ts'
import { withCompletion } from './completion.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { epilogue } from './help.ts'
import type { Io } from './io.ts'

export interface Arguments {
  readonly argv: readonly string[]
  readonly commands: readonly Command[]
  readonly version: string
}

/** What the arguments ask for: a text to print, such as a help page, or a command. */
export type Parsed = { readonly text: string } | { readonly chosen: Chosen }

const FORMATS: readonly OutputFormat[] = ['table', 'wide', 'json', 'yaml']
const MAX_WIDTH = 110

const directory = (env: Io['env'], variable: string, fallback: string, describe: string) =>
  ({
    type: 'string',
    requiresArg: true,
    default: env[variable] || fallback,
    defaultDescription: `$${variable}, or ${fallback}`,
    describe,
    group: 'Global options:',
  }) as const

const withGlobalOptions = (parser: Argv, env: Io['env']): Argv<GlobalOptions> =>
  parser
    .option('state', directory(env, 'PALISADE_STATE', '/var/lib/palisade', 'Directory of status, records and events'))
    .option('run-dir', directory(env, 'PALISADE_RUN_DIR', '/run/palisade', "Directory of the daemon's socket"))
    .option('specs', directory(env, 'PALISADE_SPECS', '/etc/palisade/specs', 'Directory of the spec files'))
    .option('output', {
      alias: 'o',
      choices: FORMATS,
      default: 'table' as OutputFormat,
      describe: 'Form of the result',
      group: 'Global options:',
    })
    .option('color', {
      type: 'boolean',
      describe: 'Colours; on terminals unless --no-color or NO_COLOR is given',
      group: 'Global options:',
    })

const usageError = (message: string | undefined, error: Error | undefined): CliError => {
  const text = message ?? error?.message ?? 'the arguments make no sense'
  return new CliError(EXIT.usage, `${text}\nTry palisade --help, or palisade COMMAND --help.`)
}

/** Positionals that take several; every other list is an option that was repeated. */
const LISTS = new Set(['_', 'names', 'accounts', 'paths', 'recipes', 'services', '--'])

const refuseRepeated = (argv: Readonly<Record<string, unknown>>): true => {
  const repeated = Object.keys(argv).find((name) => Array.isArray(argv[name]) && !LISTS.has(name))
  if (repeated === undefined) return true
  throw new CliError(EXIT.usage, `${repeated.length > 1 ? '--' : '-'}${repeated} was given more than once`)
}

/**
 * Reads arguments; runs nothing.
 * @throws CliError with the exit code for wrong usage.
 */
export const parseArguments = async ({ argv, commands, version }: Arguments, io: Io): Promise<Parsed> => {
  let chosen: Chosen | undefined
  let text = ''
  const base = yargs()
    .scriptName('palisade')
    // What stands behind -- is another program's, word by word.
    .parserConfiguration({ 'populate--': true, 'parse-positional-numbers': false })
    .usage('palisade COMMAND\n\nKeeps web-hosting tenants on this host as their YAML says.')
    .exitProcess(false)
    .detectLocale(false)
    .wrap(Math.min(io.stdout.columns ?? MAX_WIDTH, MAX_WIDTH))
  let parser = withGlobalOptions(base, io.env)
  for (const command of commands) {
    parser = command.install(parser, (choice) => {
      chosen = choice
    })
  }
  await withCompletion(parser)
    .strict()
    .check(refuseRepeated)
    .recommendCommands()
    .demandCommand(1, 'Which command?')
    .alias('help', 'h')
    .version(version)
    .group(['help', 'version'], 'Global options:')
    .epilogue(epilogue)
    .fail((message, error) => {
      throw usageError(message, error)
    })
    .parseAsync([...argv], {}, (_error, _argv, output) => {
      text = output
    })
  return chosen === undefined || text !== '' ? { text } : { chosen }
}
