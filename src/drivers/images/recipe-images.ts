import { stat } from 'node:fs/promises'
import { TerminalError } from '../../ports/errors.ts'
import {
  archivePath,
  type BaseLayer,
  type BuildOptions,
  type BuildProgress,
  buildImage,
  ensureBase,
} from './build-image.ts'
import { readDebianMirror } from './debian-sources.ts'
import type { Recipe } from './recipe.ts'
import { SingleFlight } from './single-flight.ts'
import { removeAbandonedWork } from './work-directory.ts'

export interface RecipeImagesOptions {
  /** By name, as `loadRecipes` reads them. */
  readonly recipes: ReadonlyMap<string, Recipe>
  /** Made when it is missing; may be shared by processes and installations. */
  readonly cacheDirectory: string
  readonly report: (progress: BuildProgress) => void
}

/** Images made from recipes out of Debian packages, for hosts without a registry. */
export class RecipeImages {
  readonly #options: RecipeImagesOptions
  readonly #archives = new SingleFlight<string>()
  readonly #bases = new SingleFlight<BaseLayer>()

  constructor(options: RecipeImagesOptions) {
    this.#options = options
  }

  /** Name of the image that a recipe makes. @throws TerminalError `ImageUnavailable` when there is no such recipe. */
  imageOf(recipe: string): string {
    return this.#find(recipe).image
  }

  /** Where the archive of a recipe's image stands once it is built. @throws as {@link imageOf}. */
  path(recipe: string): string {
    return archivePath(this.#options.cacheDirectory, this.#find(recipe))
  }

  #find(recipe: string): Recipe {
    const found = this.#options.recipes.get(recipe)
    if (found !== undefined) return found
    throw new TerminalError('ImageUnavailable', `there is no recipe ${recipe} here`)
  }

  async archive(image: string, signal: AbortSignal): Promise<string> {
    const { recipes, cacheDirectory } = this.#options
    const recipe = [...recipes.values()].find((candidate) => candidate.image === image)
    if (recipe === undefined) throw new TerminalError('ImageUnavailable', `no recipe makes the image ${image}`)
    const path = archivePath(cacheDirectory, recipe)
    if (await isFile(path)) return path
    return this.#archives.run(recipe.name, () => this.#build(recipe, signal), signal)
  }

  async #build(recipe: Recipe, signal: AbortSignal): Promise<string> {
    const { cacheDirectory, report } = this.#options
    try {
      await removeAbandonedWork(cacheDirectory)
      const options: BuildOptions = { mirror: await readDebianMirror(signal), cacheDirectory, report, signal }
      const { suite } = recipe.definition
      const base = await this.#bases.run(suite, () => ensureBase(suite, options), signal)
      return await buildImage(recipe, base, options)
    } catch (error) {
      signal.throwIfAborted()
      throw new TerminalError('ImageUnavailable', `building ${recipe.image} failed: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
