import type { ServiceStatus, SiteStatus, ToolStatus, ZoneStatus } from '../control/account-status.ts'
import type { HostStatus } from '../control/certificate-status.ts'
import { type JobStatus, jobsOf } from '../control/job-status.ts'
import { conditionsOf } from '../control/status-writer.ts'
import type { Condition } from '../ports/store.ts'

/** A status file as it could be understood. What is missing in it is empty here: a reader must not fail on half a file. */
export interface StatusObject {
  readonly name: string
  readonly generation: number
  readonly observedGeneration: number
  readonly conditions: readonly Condition[]
  readonly services: readonly ServiceStatus[]
  readonly sites: readonly SiteStatus[]
  readonly tools: readonly ToolStatus[]
  readonly zones: readonly ZoneStatus[]
  readonly jobs: readonly JobStatus[]
  readonly address: string
  readonly interface: string
  readonly tree: string
  readonly limits: Readonly<Record<string, number>>
  /** Bits per second, of the directions that have a limit. */
  readonly bandwidth: Readonly<Record<string, number>>
  /** Per second. */
  readonly io: Readonly<Record<string, number>>
  /** The whole object, for programs. */
  readonly raw: unknown
}

/** A field of something that was read from a disk or a socket. */
export const field = (value: unknown, name: string): unknown => {
  const own: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  return own
}

export const textField = (value: unknown, name: string): string => {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}

const numberField = (value: unknown, name: string): number => {
  const found = field(value, name)
  return typeof found === 'number' ? found : 0
}

const listField = (value: unknown, name: string): readonly unknown[] => {
  const found = field(value, name)
  return Array.isArray(found) ? found : []
}

const toService = (value: unknown): ServiceStatus => ({
  name: textField(value, 'name'),
  image: textField(value, 'image'),
  state: textField(value, 'state'),
  health: textField(value, 'health'),
  reason: textField(value, 'reason'),
  message: textField(value, 'message'),
  restarts: numberField(value, 'restarts'),
})

const textsField = (value: unknown, name: string): readonly string[] =>
  listField(value, name).filter((item) => typeof item === 'string')

const toHost = (value: unknown): HostStatus => {
  const [certificate, dns, lastAnswer] = ['certificate', 'dns', 'lastAnswer'].map((name) => field(value, name))
  return {
    host: textField(value, 'host'),
    certificate: {
      mode: textField(certificate, 'mode'),
      state: textField(certificate, 'state'),
      issuer: textField(certificate, 'issuer'),
      expires: textField(certificate, 'expires'),
      reason: textField(certificate, 'reason'),
      message: textField(certificate, 'message'),
    },
    ...(dns === undefined
      ? {}
      : {
          dns: {
            resolves: field(dns, 'resolves') === true,
            missing: textsField(dns, 'missing'),
            foreign: textsField(dns, 'foreign'),
          },
        }),
    ...(lastAnswer === undefined
      ? {}
      : { lastAnswer: { status: numberField(lastAnswer, 'status'), since: textField(lastAnswer, 'since') } }),
  }
}

const toSite = (value: unknown): SiteStatus => ({
  domain: textField(value, 'domain'),
  hosts: listField(value, 'hosts').filter((host) => typeof host === 'string'),
  served: field(value, 'served') === true,
  names: listField(value, 'names').map(toHost),
})

const toTool = (value: unknown): ToolStatus => ({
  name: textField(value, 'name'),
  host: textField(value, 'host'),
  served: field(value, 'served') === true,
})

const toZone = (value: unknown): ZoneStatus => ({
  name: textField(value, 'name'),
  served: field(value, 'served') === true,
  serial: numberField(value, 'serial'),
  ds: listField(value, 'ds').filter((record) => typeof record === 'string'),
  secondaries: listField(value, 'secondaries').map((secondary) => ({
    address: textField(secondary, 'address'),
    inSync: field(secondary, 'inSync') === true,
  })),
})

const numbersOf = (value: unknown): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(typeof value === 'object' && value !== null ? value : {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  )

/** Undefined when it is no object of ours at all. */
export const toStatusObject = (raw: unknown): StatusObject | undefined => {
  const metadata = field(raw, 'metadata')
  const name = textField(metadata, 'name')
  if (name === '') return undefined
  const status = field(raw, 'status')
  return {
    name,
    generation: numberField(metadata, 'generation'),
    observedGeneration: numberField(status, 'observedGeneration'),
    conditions: conditionsOf(raw),
    services: listField(status, 'services').map(toService),
    sites: listField(status, 'sites').map(toSite),
    tools: listField(status, 'tools').map(toTool),
    zones: listField(status, 'zones').map(toZone),
    jobs: jobsOf(raw),
    address: textField(status, 'address'),
    interface: textField(status, 'interface'),
    tree: textField(status, 'tree'),
    limits: numbersOf(field(status, 'limits')),
    bandwidth: numbersOf(field(status, 'bandwidth')),
    io: numbersOf(field(status, 'io')),
    raw,
  }
}

export const findCondition = ({ conditions }: StatusObject, type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type)

/** It runs, and nothing says that it is not well. */
export const isServing = ({ state, health }: ServiceStatus): boolean =>
  state === 'running' && (health === 'healthy' || health === 'none')
