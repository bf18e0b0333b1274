import type { EngineEvent } from '../../ports/engine.ts'
import type { Engine, UseEngine } from './engine-client.ts'
import { jsonLines } from './json-lines.ts'
import { isJob, isOwn, type Ownership } from './labels.ts'

/** What may mean drift, and what tells of a new job. The probes' own `exec_*` events are not among it. */
const ACTIONS = [
  'create',
  ...['die', 'destroy', 'oom', 'health_status', 'stop', 'start', 'pause', 'unpause', 'rename', 'update'],
  ...['connect', 'disconnect', 'remove', 'delete', 'untag'],
]

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const textsOf = (value: unknown): Record<string, string> =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
    : {}

/** An event as the engine tells it. */
interface RawEvent {
  readonly type: EngineEvent['type']
  readonly action: string
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Undefined for what is none of containers, networks and images. */
const rawEvent = (value: unknown): RawEvent | undefined => {
  if (!isRecord(value)) return undefined
  const { Type: type, Action: action, Actor: actor } = value
  if (typeof action !== 'string' || !isRecord(actor)) return undefined
  if (type !== 'container' && type !== 'network' && type !== 'image') return undefined
  return { type, action, id: String(actor.ID), attributes: textsOf(actor.Attributes) }
}

/**
 * Reads the events of one stream, in their order: each as one of ours, or undefined when it is none. The engine gives
 * labels with events of containers only; every network and image of the tenant's engine may matter, unless it is a job
 * that is put on a network: jobs come and go without being drift.
 */
export const eventReader = (owner: Ownership): ((value: unknown) => EngineEvent | undefined) => {
  const jobs = new Set<string>()
  return (value) => {
    const event = rawEvent(value)
    if (event === undefined) return undefined
    const { type, action, id, attributes } = event
    if (type === 'container' && isJob(attributes)) {
      if (action === 'destroy') jobs.delete(id)
      else jobs.add(id)
      return undefined
    }
    if (action === 'create' || (type === 'container' && !isOwn(attributes, owner))) return undefined
    if (type === 'network' && jobs.has(attributes.container ?? '')) return undefined
    return { account: owner.account, type, action, name: attributes.name ?? id }
  }
}

const subscribe = async ({ docker }: Engine, abortSignal: AbortSignal) =>
  docker.getEvents({ filters: { type: ['container', 'network', 'image'], event: ACTIONS }, abortSignal })

/** Any end of the stream, also a failure to connect, is one hint: the engine is to be looked at. */
export async function* engineEvents(
  useEngine: UseEngine,
  account: string,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  try {
    const { stream, owner } = await useEngine(account, async (engine) => ({
      stream: await subscribe(engine, signal),
      owner: engine.owner,
    }))
    const read = eventReader(owner)
    for await (const value of jsonLines(stream)) {
      const event = read(value)
      if (event !== undefined) yield event
    }
  } catch {
    // How it ended does not matter: see above.
  }
  yield { account, type: 'disconnected', action: signal.aborted ? 'abort' : 'end', name: account }
}
