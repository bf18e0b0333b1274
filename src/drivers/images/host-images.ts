import type { DesiredImage, ImageSource } from '../../plan/resources.ts'
import type { Images } from '../../ports/engine.ts'
import { TerminalError, TransientError } from '../../ports/errors.ts'
import type { RecipeImages } from './recipe-images.ts'
import type { RegistryImages } from './registry-images.ts'

export interface ImageMakers {
  readonly recipes: Pick<RecipeImages, 'archive' | 'imageOf'>
  readonly registry: Pick<RegistryImages, 'archive' | 'renamed'>
}

const obtain = async (
  { recipes, registry }: ImageMakers,
  { name }: DesiredImage,
  source: ImageSource,
  signal: AbortSignal,
): Promise<string> => {
  switch (source.from) {
    case 'recipe': {
      const built = recipes.imageOf(source.recipe)
      const archive = await recipes.archive(built, signal)
      // Built in the place of one that could not be pulled, it is not what its name was made for.
      return built === name ? archive : registry.renamed(name, archive, signal)
    }
    case 'registry':
      return registry.archive(name, source.reference, signal)
  }
}

/** One failure of all: worth another try when one of them is. */
const joined = (name: string, failures: readonly unknown[]): TerminalError | TransientError => {
  const messages = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)))
  const message = messages.join('; ') || `the catalog has no source of ${name}`
  return failures.every((failure) => failure instanceof TerminalError)
    ? new TerminalError('ImageUnavailable', message)
    : new TransientError('ImageUnavailable', message)
}

/** Images of this host: the first source that gives an image is the one that counts. */
export const hostImages = (makers: ImageMakers): Images => ({
  async archive(image, signal) {
    const failures: unknown[] = []
    for (const source of image.sources) {
      try {
        return await obtain(makers, image, source, signal)
      } catch (error) {
        signal.throwIfAborted()
        failures.push(error)
      }
    }
    throw joined(image.name, failures)
  },
})
