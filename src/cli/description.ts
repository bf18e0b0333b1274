import type { ZoneStatus } from '../control/account-status.ts'
import type { HostStatus } from '../control/certificate-status.ts'
import { type CountedStorage, UNLIMITED } from '../plan/resources.ts'
import type { Usage } from '../ports/usage.ts'
import { formatAge } from './durations.ts'
import type { LoggedEvent } from './event-log.ts'
import { eventTable } from './event-table.ts'
import { jobTable } from './job-table.ts'
import { conditionTone, type Paint, printable } from './paint.ts'
import { isServing, type StatusObject } from './status-object.ts'
import { type Cell, formatTable, type Table } from './table.ts'

export interface Description {
  readonly object: StatusObject
  readonly usage: Usage | undefined
  readonly storage: CountedStorage | undefined
  readonly events: readonly LoggedEvent[]
}

const MEBI = 1024 * 1024

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ')

/** A titled part; nothing at all when there is nothing in it. */
const section = (title: string, table: Table, paint: Paint): string =>
  table.rows.length === 0 ? '' : `\n${title}\n${indent(formatTable(table, paint))}`

const conditionTable = ({ conditions }: StatusObject, now: number): Table => ({
  header: ['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'],
  rows: conditions.map(({ type, status, reason, message, lastTransitionTime }) => [
    type,
    { text: status, tone: conditionTone(type, status) },
    reason,
    formatAge(lastTransitionTime, now),
    message,
  ]),
})

const yesNo = (good: boolean): Cell => (good ? { text: 'yes', tone: 'good' } : { text: 'no', tone: 'bad' })

const siteTable = ({ sites }: StatusObject): Table => ({
  header: ['SITE', 'SERVED', 'ADDRESSES'],
  rows: sites.map(({ domain, hosts, served }) => [
    domain,
    yesNo(served),
    hosts.map((host) => `https://${host}/`).join(' '),
  ]),
})

const certificateWords = ({ certificate: { mode, state, issuer, expires, reason, message } }: HostStatus): Cell => {
  if (mode === 'none') return 'HTTP only'
  const facts = [state, issuer && `by ${issuer}`, expires && `until ${expires}`].filter((part) => part !== '')
  const trouble = reason === '' ? '' : ` (${reason}: ${message})`
  return { text: `${facts.join(' ')}${trouble}`, tone: state === 'valid' ? 'good' : 'warn' }
}

const dnsWords = ({ dns }: HostStatus): Cell => {
  if (dns === undefined) return '-'
  if (dns.resolves) return { text: 'leads here', tone: 'good' }
  const changes = [
    ...dns.missing.map((record) => `missing ${record}`),
    ...dns.foreign.map((record) => `foreign ${record}`),
  ]
  return { text: changes.join(', '), tone: 'warn' }
}

const hostTable = ({ sites }: StatusObject): Table => ({
  header: ['HOST', 'CERTIFICATE', 'DNS', 'LAST ANSWER'],
  rows: sites
    .flatMap(({ names }) => names)
    .map((name) => [
      name.host,
      certificateWords(name),
      dnsWords(name),
      name.lastAnswer === undefined ? '-' : `${name.lastAnswer.status || 'none'} since ${name.lastAnswer.since}`,
    ]),
})

/** Names and files only: a password is never printed. */
const loginOf = (tool: string, account: string): string => {
  const [, engine] = /^phpmyadmin-(.+)$/.exec(tool) ?? []
  return engine === undefined
    ? `${account}; password in secrets/${tool}/password`
    : `owner of a schema; password in secrets/app/${engine}-OWNER`
}

const toolTable = ({ name: account, tools }: StatusObject): Table => ({
  header: ['TOOL', 'SERVED', 'ADDRESS', 'LOGIN'],
  rows: tools.map(({ name, host, served }) => [name, yesNo(served), `https://${host}/`, loginOf(name, account)]),
})

const secondaryWords = ({ secondaries }: ZoneStatus): Cell => {
  const behind = secondaries.filter(({ inSync }) => !inSync).map(({ address }) => address)
  if (secondaries.length === 0) return '-'
  return behind.length === 0 ? 'in sync' : { text: `behind: ${behind.join(' ')}`, tone: 'warn' }
}

const zoneTable = ({ zones }: StatusObject): Table => ({
  header: ['ZONE', 'SERVED', 'SERIAL', 'SECONDARIES', 'DS FOR THE REGISTRAR'],
  rows: zones.map((zone) => [
    zone.name,
    yesNo(zone.served),
    zone.serial === 0 ? '-' : String(zone.serial),
    secondaryWords(zone),
    zone.ds.length === 0 ? '-' : zone.ds.join('; '),
  ]),
})

const serviceTable = ({ services }: StatusObject): Table => ({
  header: ['SERVICE', 'STATE', 'HEALTH', 'REASON', 'IMAGE', 'MESSAGE'],
  rows: services.map((service) => [
    service.name,
    { text: service.state, tone: isServing(service) ? 'good' : 'bad' },
    service.health,
    { text: service.reason, tone: isServing(service) ? 'warn' : 'bad' },
    service.image,
    service.message,
  ]),
})

const mebibytes = (bytes: number | undefined): string => (bytes === undefined ? '' : `${Math.round(bytes / MEBI)} MiB`)

const bits = (perSecond: number | undefined): string => (perSecond === undefined ? '' : `${perSecond / 1e6} Mbit/s`)

const trafficRows = ({ bandwidth }: StatusObject, usage: Usage | undefined): string[][] => [
  ['received', bits(bandwidth.in), mebibytes(usage?.transferred?.in)],
  ['sent', bits(bandwidth.out), mebibytes(usage?.transferred?.out)],
]

const perSecond = (bytes: number | undefined, operations: number | undefined): string =>
  [
    ...(bytes === undefined ? [] : [`${bytes / 1e6} MB/s`]),
    ...(operations === undefined ? [] : [`${operations} operations/s`]),
  ].join(', ')

/** What is used of these is a rate that only a watcher knows. */
const diskRows = ({ io }: StatusObject): string[][] =>
  [
    ['disk reads', perSecond(io.readBytes, io.readOperations), ''],
    ['disk writes', perSecond(io.writeBytes, io.writeOperations), ''],
  ].filter(([, limit]) => limit !== '')

const amount = <T>(value: number | T, show: (value: number) => string): string =>
  typeof value !== 'number' || value === UNLIMITED ? '' : show(value)

const storageRows = (storage: CountedStorage | undefined): string[][] => {
  if (storage === undefined) return []
  const { bytes, inodes, used } = storage
  return [
    ['storage', amount(bytes, mebibytes), amount(used.bytes, mebibytes)],
    ['inodes', amount(inodes, String), amount(used.inodes, String)],
  ].filter(([, ...cells]) => cells.some((cell) => cell !== ''))
}

const limitTable = ({ object, usage, storage }: Description): Table => {
  const { limits } = object
  const { cpuMillis, memoryBytes, pids } = limits
  if (cpuMillis === undefined && memoryBytes === undefined && usage === undefined) return { header: [], rows: [] }
  const cpu = usage?.cpuSeconds === undefined ? '' : `${usage.cpuSeconds.toFixed(1)} s in all`
  return {
    header: ['RESOURCE', 'LIMIT', 'USED'],
    rows: [
      ['cpu', cpuMillis === undefined ? '' : `${cpuMillis / 1000} CPU`, cpu],
      ['memory', mebibytes(memoryBytes), mebibytes(usage?.memoryBytes)],
      ...trafficRows(object, usage),
      ['pids', pids === undefined ? '' : String(pids), usage?.pids === undefined ? '' : String(usage.pids)],
      ...diskRows(object),
      ...storageRows(storage),
    ],
  }
}

/** One account as a page for people. */
export const formatDescription = (description: Description, now: number, paint: Paint): string => {
  const { object, events } = description
  const { name, address, tree, generation, observedGeneration } = object
  const outdated = generation === observedGeneration ? '' : ` (looked at: ${observedGeneration})`
  const facts = [
    ['Account', name],
    ['Address', address || '-'],
    ['Directory', tree || '-'],
    ['Generation', `${generation}${outdated}`],
  ]
  const head = facts.map(([title = '', value = '']) => `${`${title}:`.padEnd(13)}${printable(value)}\n`).join('')
  return [
    head,
    section('Conditions', conditionTable(object, now), paint),
    section('Sites', siteTable(object), paint),
    section('Names', hostTable(object), paint),
    section('Tools', toolTable(object), paint),
    section('Zones', zoneTable(object), paint),
    section('Services', serviceTable(object), paint),
    section('Jobs', jobTable(object.jobs, now), paint),
    section('Limits', limitTable(description), paint),
    section('Last events', eventTable(events), paint),
  ].join('')
}
