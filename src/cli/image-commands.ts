import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { archivePath } from '../drivers/images/build-image.ts'
import { buildImages } from '../drivers/images/build-images.ts'
import { loadRecipes, type Recipe } from '../drivers/images/recipe.ts'
import { RecipeImages } from '../drivers/images/recipe-images.ts'
import type { GlobalOptions } from './command.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import { imageCacheDirectory } from './image-cache.ts'
import type { Io } from './io.ts'
import { packageRoot } from './package-root.ts'
import { paintFor } from './paint.ts'
import { formatTable } from './table.ts'

export interface BuildOptions extends GlobalOptions {
  readonly recipes: readonly string[]
}

type Recipes = ReadonlyMap<string, Recipe>

const recipesHere = (): Promise<Recipes> => loadRecipes(join(packageRoot, 'images'))

const isBuilt = (cacheDirectory: string, recipe: Recipe): Promise<boolean> =>
  stat(archivePath(cacheDirectory, recipe)).then(
    (found) => found.isFile(),
    () => false,
  )

/** Prints the recipes, and whether their images are built. */
export const listImages = async (options: GlobalOptions, io: Io): Promise<number> => {
  const recipes = [...(await recipesHere()).values()]
  const rows = await Promise.all(
    recipes.map(async (recipe) => ({
      recipe: recipe.name,
      image: recipe.image,
      built: await isBuilt(imageCacheDirectory(io.env), recipe),
      description: recipe.definition.description,
    })),
  )
  if (isData(options.output)) io.stdout.write(formatData(options.output, listOf(rows)))
  else {
    const table = {
      header: ['RECIPE', 'BUILT', 'IMAGE', 'DESCRIPTION'],
      rows: rows.map(({ recipe, image, built, description }) => [recipe, built ? 'yes' : 'no', image, description]),
    }
    io.stdout.write(formatTable(table, paintFor(options, io)))
  }
  return EXIT.ok
}

const refuseUnknown = (names: readonly string[], recipes: Recipes): void => {
  const unknown = names.filter((name) => !recipes.has(name))
  if (unknown.length === 0) return
  throw new CliError(EXIT.notFound, `no recipe ${unknown.join(', ')}; there are ${[...recipes.keys()].join(', ')}`)
}

/** Builds what is missing, telling its progress. */
export const buildWanted = async (options: BuildOptions, io: Io): Promise<number> => {
  const recipes = await recipesHere()
  refuseUnknown(options.recipes, recipes)
  const images = new RecipeImages({
    recipes,
    cacheDirectory: imageCacheDirectory(io.env),
    report: ({ subject, message }) => io.stderr.write(`${subject}: ${message}\n`),
  })
  const built = await buildImages(options.recipes, recipes, images, io.signal)
  if (isData(options.output)) io.stdout.write(formatData(options.output, listOf(built)))
  else {
    const rows = built.map(({ recipe, image, archive }) => [recipe, image, archive])
    io.stdout.write(formatTable({ header: ['RECIPE', 'IMAGE', 'ARCHIVE'], rows }, paintFor(options, io)))
  }
  return EXIT.ok
}
