import PQueue from 'p-queue'
import type { Recipe } from './recipe.ts'
import type { RecipeImages } from './recipe-images.ts'

/** What became of one image. */
export interface BuiltImage {
  readonly recipe: string
  readonly image: string
  readonly archive: string
}

/** Downloads of one build go on while packages of the other are unpacked; more only compete for the disk. */
const CONCURRENT_BUILDS = 2

/**
 * Has the named recipes' images built where they are missing; without names, all of them.
 * @throws Error that lists the recipes there are when a name is unknown, before anything is built.
 */
export const buildImages = async (
  names: readonly string[],
  recipes: ReadonlyMap<string, Recipe>,
  images: Pick<RecipeImages, 'archive'>,
  signal: AbortSignal,
): Promise<readonly BuiltImage[]> => {
  const wanted = names.length === 0 ? [...recipes.values()] : names.map((name) => findRecipe(name, recipes))
  const queue = new PQueue({ concurrency: CONCURRENT_BUILDS })
  return queue.addAll(
    wanted.map(({ name, image }) => async () => {
      return { recipe: name, image, archive: await images.archive(image, signal) }
    }),
  )
}

const findRecipe = (name: string, recipes: ReadonlyMap<string, Recipe>): Recipe => {
  const recipe = recipes.get(name)
  if (recipe === undefined) throw new Error(`no recipe ${name}; there are ${[...recipes.keys()].join(', ')}`)
  return recipe
}
