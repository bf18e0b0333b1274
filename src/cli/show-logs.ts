import { followLines, type LogLine, type LogOptions, readLines } from '../drivers/engine/service-logs.ts'
import { durationOption } from './durations.ts'
import { EXIT } from './exit-codes.ts'
import { formatData } from './format-data.ts'
import type { Io } from './io.ts'
import { type LogsOptions, tailOption } from './logs.ts'
import { type Paint, paintFor, terminalText } from './paint.ts'
import { containerOf, type Tenant, withTenant } from './tenant-services.ts'

interface ServiceLine extends LogLine {
  readonly service: string
}

const TONES = ['service1', 'service2', 'service3', 'service4', 'service5', 'service6'] as const

/** How each line is written: what would make a terminal obey is taken out for terminals, and passed on to files. */
const lineFormat = (options: LogsOptions, services: readonly string[], io: Io): ((line: ServiceLine) => string) => {
  const { output, timestamps } = options
  if (output === 'json') return (line) => `${JSON.stringify(line)}\n`
  if (output === 'yaml') return (line) => `---\n${formatData('yaml', line)}`
  const paint: Paint = paintFor(options, io)
  const width = Math.max(...services.map(({ length }) => length))
  const prefix = (service: string): string => {
    const tone = TONES[services.indexOf(service) % TONES.length] ?? 'plain'
    return options.service === undefined ? `${paint(tone, service.padEnd(width))} | ` : ''
  }
  const clean = io.stdout.isTTY === true ? terminalText : (text: string) => text
  return ({ service, time, text }) => `${prefix(service)}${timestamps ? `${time} ` : ''}${clean(text)}\n`
}

const readAll = async ({ docker, services }: Tenant, options: LogOptions): Promise<ServiceLine[]> => {
  const all = await Promise.all(
    [...services].map(async ([service, id]) =>
      (await readLines(docker, id, options)).map((line) => ({ service, ...line })),
    ),
  )
  // Stable: lines of one service stay in the order in which they were written.
  return all.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}

const followAll = async (
  { docker, services }: Tenant,
  options: LogOptions,
  print: (line: ServiceLine) => void,
  signal: AbortSignal,
): Promise<void> => {
  await Promise.all(
    [...services].map(async ([service, id]) => {
      for await (const line of followLines(docker, id, options, signal)) print({ service, ...line })
    }),
  )
}

/** Prints the logs of one service, or of all in the order of their times; followed, as they come. */
export const showLogs = (options: LogsOptions, io: Io): Promise<number> => {
  const { account, service, since } = options
  const wanted: LogOptions = {
    tail: tailOption(options.tail),
    since: since === undefined ? 0 : io.clock.now() - durationOption('since', since),
  }
  return withTenant(options, account, async (tenant) => {
    const services = service === undefined ? tenant.services : new Map([[service, containerOf(tenant, service)]])
    const chosen = { ...tenant, services }
    const format = lineFormat(options, [...services.keys()], io)
    const print = (line: ServiceLine): void => void io.stdout.write(format(line))
    if (options.follow) await followAll(chosen, wanted, print, io.signal)
    else for (const line of await readAll(chosen, wanted)) print(line)
    return EXIT.ok
  })
}
