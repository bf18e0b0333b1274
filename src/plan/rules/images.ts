import type { Planning } from '../plan-builder.ts'
import type { ResourceId } from '../steps.ts'
import { leavingContainers } from './leaving.ts'

export const planImages = ({ desired, observed, builder }: Planning): void => {
  const images = new Map(desired.containers.map(({ image }) => [image.name, image]))
  for (const [name, image] of images) {
    if (observed.images.has(name)) continue
    builder.add({
      action: 'loadImage',
      args: { image },
      target: `image/${name}`,
      cause: `the engine lacks the image ${name}`,
      needs: [`engine/${desired.account}`],
    })
  }
}

/**
 * Images that the inventory names and nothing wants, when the last container that may be made of one is gone. The engine
 * tells of no job which image it is made of.
 */
export const planStaleImages = (planning: Planning): void => {
  const { desired, observed, inventory, builder } = planning
  if (observed.jobs.size > 0) return
  const wanted = new Set<ResourceId>(desired.containers.map(({ image }) => `image/${image.name}` as const))
  const needs = [...desired.containers.map(({ name }) => `container/${name}` as const), ...leavingContainers(planning)]
  for (const id of inventory) {
    const name = id.slice('image/'.length)
    if (!id.startsWith('image/') || wanted.has(id) || !observed.images.has(name)) continue
    builder.add({
      action: 'removeImage',
      args: { name },
      target: id,
      cause: `nothing wants the image ${name} any more`,
      needs,
    })
  }
}
