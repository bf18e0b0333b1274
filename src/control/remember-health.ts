import type { ObservedContainer } from '../plan/resources.ts'
import type { EngineEvent, EngineSnapshot, Engines } from '../ports/engine.ts'

/**
 * An engine calls a service `starting` until its first own check, half a minute after the start. A probe that passed in
 * the meantime is the better word: with it, `starting` reads `healthy`, for as long as that container runs.
 */
export const rememberHealth = (engines: Engines): Engines => {
  const passed = new Set<string>()
  const keyOf = (account: string, name: string): string => `${account}/${name}`

  const withHealth = (account: string, snapshot: EngineSnapshot): EngineSnapshot => ({
    ...snapshot,
    containers: new Map(
      [...snapshot.containers].map(([name, container]): [string, ObservedContainer] => {
        const known = container.health === 'starting' && passed.has(keyOf(account, name))
        return [name, known ? { ...container, health: 'healthy' } : container]
      }),
    ),
  })

  const forget = (event: EngineEvent): EngineEvent => {
    if (event.type === 'container' && event.action === 'die') passed.delete(keyOf(event.account, event.name))
    return event
  }

  return {
    ...engines,
    observe: async (account) => withHealth(account, await engines.observe(account)),
    createContainer(account, container, digest) {
      passed.delete(keyOf(account, container.name))
      return engines.createContainer(account, container, digest)
    },
    startContainer(account, name) {
      passed.delete(keyOf(account, name))
      return engines.startContainer(account, name)
    },
    async probe(account, container, signal) {
      const result = await engines.probe(account, container, signal)
      if (result.verdict === 'healthy') passed.add(keyOf(account, container.name))
      return result
    },
    async *events(account, signal) {
      for await (const event of engines.events(account, signal)) yield forget(event)
    },
  }
}
