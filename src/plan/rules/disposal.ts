import type { Planning } from '../plan-builder.ts'
import type { ResourceId } from '../steps.ts'
import { leavingContainers } from './leaving.ts'

interface Stale {
  readonly id: ResourceId
  readonly path: string
}

const isAtOrBelow = (directory: string, path: string): boolean => path === directory || path.startsWith(`${directory}/`)

/** What of one type the inventory names, and nothing wants at its place or below. */
const staleOf = ({ desired, inventory }: Planning, type: 'directory' | 'secret'): Stale[] => {
  const { directories, files, secrets, sites } = desired
  const wanted = [...directories, ...files, ...secrets, ...sites].map(({ path }) => path)
  return [...inventory]
    .filter((id) => id.startsWith(`${type}/`))
    .map((id) => ({ id, path: `${desired.tree}/${id.slice(type.length + 1)}` }))
    .filter(({ path }) => !wanted.some((one) => isAtOrBelow(path, one)))
}

/** Secrets that the inventory names and nothing wants: those whose data is kept are not in it. */
export const planOrphanedSecrets = (planning: Planning): void => {
  for (const { id, path } of staleOf(planning, 'secret'))
    planning.builder.add({
      action: 'removeFile',
      args: { path },
      target: id,
      cause: `nothing wants the secret ${id.slice('secret/'.length)} any more, and its data is not to be kept`,
      needs: leavingContainers(planning),
    })
}

/** Directories of services that are gone, what is below before what is above. */
export const planOrphanedDirectories = (planning: Planning): void => {
  const { builder, inventory, desired } = planning
  const stale = staleOf(planning, 'directory').sort((a, b) => b.path.length - a.path.length)
  for (const { id, path } of stale) {
    const below = [...inventory].filter((other) => {
      const place = `${desired.tree}/${other.slice(other.indexOf('/') + 1)}`
      return place.startsWith(`${path}/`)
    })
    builder.add({
      action: 'removeDirectory',
      args: { path },
      target: id,
      cause: `nothing wants the directory ${id.slice('directory/'.length)} any more`,
      needs: [...leavingContainers(planning), ...below],
    })
  }
}
