import { type AccessFilter, type AccessLine, readAccessLog } from '../drivers/edge/access-log.ts'
import { caddyLayout } from '../drivers/edge/caddy-layout.ts'
import { durationOption } from './durations.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { formatData } from './format-data.ts'
import type { Io } from './io.ts'
import { type LogsOptions, tailOption } from './logs.ts'
import { terminalText } from './paint.ts'
import { statePaths } from './state-paths.ts'
import { readAccount } from './status-files.ts'
import type { StatusObject } from './status-object.ts'

/** @throws CliError that names the sites there are. */
const hostsOf = ({ name, sites, tools }: StatusObject, site: string | undefined): readonly string[] => {
  if (site === undefined) return [...sites.flatMap(({ hosts }) => hosts), ...tools.map(({ host }) => host)]
  const found = sites.find(({ domain, hosts }) => domain === site || hosts.includes(site))
  if (found !== undefined) return found.hosts
  const known = sites.map(({ domain }) => domain).join(', ')
  throw new CliError(EXIT.notFound, `${name} has no site ${site}; there is: ${known === '' ? 'none' : known}`)
}

const asText = (line: AccessLine): string =>
  `${line.time} ${line.host} ${line.remote} "${line.method} ${line.uri} ${line.protocol}" ${line.status} ${line.size} ${Math.round(line.seconds * 1_000)}ms`

const lineFormat = ({ output }: LogsOptions, io: Io): ((line: AccessLine) => string) => {
  if (output === 'json') return (line) => `${JSON.stringify(line)}\n`
  if (output === 'yaml') return (line) => `---\n${formatData('yaml', line)}`
  const clean = io.stdout.isTTY === true ? terminalText : (text: string) => text
  return (line) => `${clean(asText(line))}\n`
}

const read = async (log: string, filter: AccessFilter, tail: number | 'all', print: (line: AccessLine) => void) => {
  const last: AccessLine[] = []
  for await (const line of readAccessLog(log, filter)) {
    if (tail === 'all') print(line)
    else if (last.push(line) > tail) last.shift()
  }
  last.forEach(print)
}

/** Prints the requests that the edge has answered for an account: with or without a daemon, for root. */
export const showAccess = async (options: LogsOptions, io: Io): Promise<number> => {
  const { account, service, site, follow, state, 'run-dir': runDirectory, since } = options
  if (service !== undefined) throw new CliError(EXIT.usage, '--access is of sites: name no service, but --site')
  if (follow) throw new CliError(EXIT.usage, '--access can not be followed: ask again, with --since')
  const object = await readAccount(statePaths(state).accounts, account)
  const filter: AccessFilter = {
    address: object.address,
    hosts: new Set(hostsOf(object, site)),
    since: since === undefined ? 0 : io.clock.now() - durationOption('since', since),
  }
  const format = lineFormat(options, io)
  const { accessLog } = caddyLayout({ stateDirectory: state, runDirectory })
  await read(accessLog, filter, tailOption(options.tail), (line) => void io.stdout.write(format(line)))
  return EXIT.ok
}
