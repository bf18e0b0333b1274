import { type Command, defineCommand, type GlobalOptions } from './command.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import type { Io } from './io.ts'
import { looks } from './looks.ts'
import { paintFor } from './paint.ts'
import { statePaths } from './state-paths.ts'
import { readStatusFiles } from './status-files.ts'
import type { StatusObject } from './status-object.ts'
import { accountTable, hostTable } from './status-tables.ts'
import { columnWidths, formatRows, formatTable, type Table } from './table.ts'

export interface GetOptions extends GlobalOptions {
  readonly kind: string
  readonly names: readonly string[]
  readonly watch: boolean
}

interface Source {
  readonly directory: string
  readonly noun: string
  readonly table: (objects: readonly StatusObject[]) => Table
}

const ACCOUNT_WORDS = ['accounts', 'account', 'acc', 'a']
const HOST_WORDS = ['host', 'hosts']

const sourceOf = ({ kind, state, output }: GetOptions, { clock }: Io): Source => {
  const paths = statePaths(state)
  const wide = output === 'wide'
  if (ACCOUNT_WORDS.includes(kind)) {
    return { directory: paths.accounts, noun: 'account', table: (found) => accountTable(found, clock.now(), wide) }
  }
  if (HOST_WORDS.includes(kind)) {
    return { directory: paths.hosts, noun: 'host', table: (found) => hostTable(found, clock.now()) }
  }
  const hint = `one account is shown by: palisade get accounts ${kind}`
  throw new CliError(EXIT.usage, `get: there are accounts and host, not ${kind}; ${hint}`)
}

const warnOfMissing = (names: readonly string[], found: readonly StatusObject[], noun: string, io: Io): number => {
  const missing = names.filter((name) => !found.some((object) => object.name === name))
  for (const name of missing) io.stderr.write(`there is no ${noun} ${name}\n`)
  return missing.length > 0 ? EXIT.notFound : EXIT.ok
}

/** Prints all, once. */
export const getOnce = (options: GetOptions, io: Io): Promise<number> => show(options, sourceOf(options, io), io)

/** The one object asked for by itself, else a list. */
const dataOf = (names: readonly string[], found: readonly StatusObject[]): unknown => {
  const [only] = found
  return names.length === 1 && only !== undefined ? only.raw : listOf(found.map(({ raw }) => raw))
}

const show = async (options: GetOptions, source: Source, io: Io): Promise<number> => {
  const { names, output } = options
  const found = await readStatusFiles(source.directory, names)
  if (found.length === 0 && names.length === 0) io.stderr.write(`there is no ${source.noun} yet\n`)
  if (isData(output)) {
    if (found.length > 0 || names.length === 0) io.stdout.write(formatData(output, dataOf(names, found)))
  } else if (found.length > 0) io.stdout.write(formatTable(source.table(found), paintFor(options, io)))
  return warnOfMissing(names, found, source.noun, io)
}

/** Forgets what is gone, and says so. */
const forgetGone = (printed: Map<string, string>, found: readonly StatusObject[], io: Io): void => {
  for (const name of [...printed.keys()]) {
    if (found.some((object) => object.name === name)) continue
    printed.delete(name)
    io.stderr.write(`${name} is gone\n`)
  }
}

/** Prints all, and from then on what changed. Ends by the signal. */
const follow = async (options: GetOptions, source: Source, io: Io): Promise<number> => {
  const { names, output } = options
  const printed = new Map<string, string>()
  let widths: readonly number[] | undefined
  for await (const _ of looks(source.directory, io)) {
    const found = await readStatusFiles(source.directory, names)
    const changed = found.filter((object) => printed.get(object.name) !== JSON.stringify(object.raw))
    for (const object of changed) printed.set(object.name, JSON.stringify(object.raw))
    forgetGone(printed, found, io)
    if (changed.length === 0) continue
    if (isData(output)) {
      for (const { raw } of changed) io.stdout.write((output === 'yaml' ? '---\n' : '') + formatData(output, raw))
      continue
    }
    const table = source.table(changed)
    if (widths === undefined) io.stdout.write(formatTable(table, paintFor(options, io)))
    else io.stdout.write(formatRows(table.rows, widths, paintFor(options, io)))
    widths ??= columnWidths(table)
  }
  return EXIT.ok
}

export const getCommand: Command = defineCommand<GetOptions>({
  command: 'get [kind] [names..]',
  describe: 'List accounts, or the host, with their state',
  builder: (yargs) =>
    yargs
      .positional('kind', { type: 'string', default: 'accounts', describe: 'accounts (a, acc, account) or host' })
      .positional('names', { type: 'string', array: true, default: [], describe: 'Only these' })
      .option('watch', { alias: 'w', type: 'boolean', default: false, describe: 'Go on, and print what changes' })
      .example('$0 get', 'all accounts')
      .example('$0 get account alice -o yaml', 'one of them, whole')
      .example('$0 get a --watch', 'each change, as it happens')
      .example('$0 get host', 'what all tenants share: packet rules and edge'),
  handler: (options, io) => {
    const source = sourceOf(options, io)
    return options.watch ? follow(options, source, io) : show(options, source, io)
  },
})
