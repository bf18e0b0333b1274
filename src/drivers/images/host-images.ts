import type { DesiredImage, ImageSource } from '../../plan/resources.ts'
import type { Images } from '../../ports/engine.ts'
import { TerminalError } from '../../ports/errors.ts'
import type { RecipeImages } from './recipe-images.ts'

/** One way to come by an image. */
type Obtain = (image: DesiredImage, source: ImageSource, signal: AbortSignal) => Promise<string>

const obtainFrom =
  (recipes: RecipeImages): Obtain =>
  (image, source, signal) => {
    switch (source.from) {
      case 'recipe':
        return recipes.archive(image.name, signal)
      case 'registry':
        throw new TerminalError('ImageUnavailable', `${source.reference} can't be pulled here`)
    }
  }

/** Images of this host: the first source that gives an image is the one that counts. */
export const hostImages = (recipes: RecipeImages): Images => {
  const obtain = obtainFrom(recipes)
  return {
    async archive(image, signal) {
      const failures: string[] = []
      for (const source of image.sources) {
        try {
          return await obtain(image, source, signal)
        } catch (error) {
          signal.throwIfAborted()
          failures.push(error instanceof Error ? error.message : String(error))
        }
      }
      throw new TerminalError('ImageUnavailable', failures.join('; ') || `the catalog has no source of ${image.name}`)
    },
  }
}
