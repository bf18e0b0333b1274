import { join } from 'node:path'
import { runProgram } from '../drivers/host/program.ts'
import type { BuildProgress } from '../drivers/images/build-image.ts'
import { hostImages } from '../drivers/images/host-images.ts'
import { loadRecipes, type Recipe } from '../drivers/images/recipe.ts'
import { RecipeImages } from '../drivers/images/recipe-images.ts'
import { RegistryImages } from '../drivers/images/registry-images.ts'
import { createSkopeo } from '../drivers/images/skopeo.ts'
import type { RegistrySettings } from '../plan/settings.ts'
import type { Images } from '../ports/engine.ts'
import { packageRoot } from './package-root.ts'

/** Recipe of the image that attacks on the fence begin in; no catalog names it. */
export const PROBE_RECIPE = 'probe'

export type Recipes = ReadonlyMap<string, Recipe>

type Environment = Readonly<Record<string, string | undefined>>

/** The recipes that come with this program. */
export const recipesHere = (): Promise<Recipes> => loadRecipes(join(packageRoot, 'images'))

/** Images by name of their recipe, as specs are judged with. */
export const recipeImageNames = (recipes: Recipes): ReadonlyMap<string, string> =>
  new Map([...recipes.values()].map(({ name, image }) => [name, image]))

/** Images, shared by all installations of a machine: what they hold depends on recipes and references alone. */
export const imageCacheDirectory = (environment: Environment): string =>
  environment.PALISADE_IMAGE_CACHE ?? '/var/cache/palisade/images'

export interface ImageCacheOptions {
  readonly recipes: Recipes
  /** As it is now. */
  readonly registry: () => RegistrySettings
  readonly environment: Environment
  /** Told of builds, line by line. */
  readonly report: (progress: BuildProgress) => void
}

/** Every way to come by images on this host, and the port that tries them. */
export interface ImageCache {
  readonly images: Images
  readonly recipes: RecipeImages
  readonly registry: RegistryImages
}

/** Credentials for registries, in the format of containers-auth.json(5). */
const AUTH_FILE = '/etc/palisade/registry-auth.json'

export const openImageCache = ({ recipes, registry, environment, report }: ImageCacheOptions): ImageCache => {
  const cacheDirectory = imageCacheDirectory(environment)
  const skopeo = createSkopeo({ runProgram, environment, authFile: AUTH_FILE })
  const built = new RecipeImages({ recipes, cacheDirectory, report })
  const pulled = new RegistryImages({ cacheDirectory, registry, skopeo })
  return { images: hostImages({ recipes: built, registry: pulled }), recipes: built, registry: pulled }
}
