import type { ArgumentsCamelCase, Argv } from 'yargs'
import type { Io } from './io.ts'

export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml'

/** What every command may be told. */
export interface GlobalOptions {
  /** Directory of records, status and events. */
  readonly state: string
  /** Directory of the daemon's socket. */
  readonly 'run-dir': string
  readonly specs: string
  readonly output: OutputFormat
  /** False: never; undefined: on terminals. */
  readonly color: boolean | undefined
}

/** One subcommand, in one file. */
export interface CommandDefinition<T> {
  /** Name and positionals in yargs' notation; further entries are aliases. */
  readonly command: string | readonly string[]
  /** One line. */
  readonly describe: string
  /** Adds options, positionals and at least one example. */
  readonly builder: (yargs: Argv<GlobalOptions>) => Argv<T>
  /**
   * Does it, and answers the exit code.
   * @throws CliError what the user should read; anything else is a failure, too.
   */
  readonly handler: (options: ArgumentsCamelCase<T>, io: Io) => Promise<number>
}

/** What was asked for, not yet done. */
export type Chosen = (io: Io) => Promise<number>

export interface Command {
  /** Makes the command known; `choose` is called while the arguments are parsed, should it be the one. */
  install(yargs: Argv<GlobalOptions>, choose: (chosen: Chosen) => void): Argv<GlobalOptions>
}

/** A definition as a command: parsing only chooses, so that no command runs inside the parser. */
export const defineCommand = <T>({ command, describe, builder, handler }: CommandDefinition<T>): Command => ({
  install: (yargs, choose) =>
    yargs.command(command, describe, builder, (options) => choose((io) => handler(options, io))),
})
