import type { EngineEvent } from '../../../src/ports/engine.ts'
import type { SimulatedTenant, Watcher } from './tenant.ts'

/** Tells all who listen to the account's engine. */
export const tell = (
  { watchers }: SimulatedTenant,
  account: string,
  type: 'container' | 'network',
  action: string,
  name: string,
): void => {
  for (const watcher of watchers) watcher.tell({ account, type, action, name })
}

/** What happens from now on, until `signal` aborts or the engine goes away. */
export async function* engineEvents(
  tenant: SimulatedTenant,
  account: string,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  const told: EngineEvent[] = []
  let isOver = signal.aborted || !tenant.engine
  let wake = (): void => undefined
  const watcher: Watcher = {
    tell(event) {
      told.push(event)
      wake()
    },
    end() {
      isOver = true
      wake()
    },
  }
  tenant.watchers.add(watcher)
  signal.addEventListener('abort', watcher.end, { once: true })
  try {
    while (!isOver || told.length > 0) {
      const event = told.shift()
      if (event !== undefined) yield event
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    tenant.watchers.delete(watcher)
    signal.removeEventListener('abort', watcher.end)
  }
  yield { account, type: 'disconnected', action: signal.aborted ? 'abort' : 'end', name: account }
}
