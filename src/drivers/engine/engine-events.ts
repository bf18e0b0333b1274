import type { EngineEvent } from '../../ports/engine.ts'
import type { Engine, UseEngine } from './engine-client.ts'
import { jsonLines } from './json-lines.ts'
import { isOwn, type Ownership } from './labels.ts'

/** What may mean drift. The probes' own `exec_*` events are not among it. */
const ACTIONS = [
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

/**
 * An event of the engine as one of ours, or undefined when it is none. The engine gives labels with events of
 * containers only; every network and image of the tenant's engine may matter.
 */
export const engineEvent = (value: unknown, owner: Ownership): EngineEvent | undefined => {
  if (!isRecord(value)) return undefined
  const { Type: type, Action: action, Actor: actor } = value
  if (typeof action !== 'string' || !isRecord(actor)) return undefined
  const attributes = textsOf(actor.Attributes)
  if (type !== 'container' && type !== 'network' && type !== 'image') return undefined
  if (type === 'container' && !isOwn(attributes, owner)) return undefined
  return { account: owner.account, type, action, name: attributes.name ?? String(actor.ID) }
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
    for await (const value of jsonLines(stream)) {
      const event = engineEvent(value, owner)
      if (event !== undefined) yield event
    }
  } catch {
    // How it ended does not matter: see above.
  }
  yield { account, type: 'disconnected', action: signal.aborted ? 'abort' : 'end', name: account }
}
