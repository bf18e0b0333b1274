import type { Planning } from '../plan-builder.ts'
import type { ResourceId } from '../steps.ts'

const namesOf = ({ desired, observed }: Planning): string[] => {
  const wanted = new Set(desired.containers.map(({ name }) => name))
  return [...observed.containers.keys()].filter((name) => !wanted.has(name))
}

/** Containers that nothing wants any more: what they see stays until they are gone. */
export const leavingContainers = (planning: Planning): ResourceId[] =>
  namesOf(planning).map((name) => `container/${name}` as const)

/** All that the plan does to send requests elsewhere than before; a host that is new takes none from anybody. */
export const rerouting = ({ desired, observed, inventory }: Planning): ResourceId[] => [
  ...desired.containers
    .filter(({ tier }) => tier === 'web')
    .flatMap(({ name }) => [`container/${name}`, `config/${name}`] as const),
  ...desired.routes.filter(({ host }) => observed.routes.has(host)).map(({ host }) => `route/${host}` as const),
  ...[...inventory].filter((id) => id.startsWith('route/')),
]

/** When nothing sends requests to them any more. */
export const planStaleContainers = (planning: Planning): void => {
  for (const name of namesOf(planning))
    planning.builder.add({
      action: 'removeContainer',
      args: { name },
      target: `container/${name}`,
      cause: `nothing wants the container ${name} any more`,
      needs: rerouting(planning),
    })
}
