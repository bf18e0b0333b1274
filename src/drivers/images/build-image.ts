import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type BootstrapOptions, bootstrap, ROOT_TAR } from './bootstrap.ts'
import type { DebianMirror } from './debian-sources.ts'
import { writeDockerArchive } from './docker-archive.ts'
import { above, COMMON_DROP, grafted, type LayerIndex, overlaid, recorded, trim } from './layer.ts'
import { installNpmPackages } from './npm-packages.ts'
import type { Recipe } from './recipe.ts'
import { readTar, type TarEntry, type WrittenFile, writeTar } from './tar-entries.ts'
import { readTree } from './tree-entries.ts'
import { inWorkDirectory } from './work-directory.ts'

/** One line about a build under way, for the administrator. */
export interface BuildProgress {
  /** Image or base that is being built. */
  readonly subject: string
  readonly message: string
}

export interface BuildOptions {
  readonly mirror: DebianMirror
  /** Archives and bases; may be shared by processes and installations. */
  readonly cacheDirectory: string
  readonly report: (progress: BuildProgress) => void
  readonly signal: AbortSignal
}

/** The layer that all images of a Debian release share: an engine loads and stores it once. */
export interface BaseLayer {
  /** Holds the layer, and the root file system that images are built on. */
  readonly directory: string
  readonly layer: WrittenFile
  readonly index: LayerIndex
}

/** Raise it when the base of the same release has to be made anew. */
const BASE_REVISION = 2

const basePath = (cacheDirectory: string, suite: string): string => {
  const inputs = JSON.stringify([BASE_REVISION, COMMON_DROP, suite])
  return join(cacheDirectory, `base-${suite}-${createHash('sha256').update(inputs).digest('hex').slice(0, 12)}`)
}

/** Where the archive of a recipe's image stands once it is built. */
export const archivePath = (cacheDirectory: string, recipe: Recipe): string =>
  join(cacheDirectory, `${recipe.name}-${recipe.digest}.tar`)

/**
 * Builds a recipe's image and returns the path of its archive, which appears in one piece.
 * Another process may build the same: either's result is good.
 */
export const buildImage = async (recipe: Recipe, base: BaseLayer, options: BuildOptions): Promise<string> =>
  inWorkDirectory(options.cacheDirectory, async (directory) => {
    const { definition, overlay } = recipe
    const withNpm = await npmGraft(recipe, directory, options)
    const layer = await bootstrap(
      { ...bootstrapOptions(recipe.image, definition, directory, options), baseDirectory: base.directory },
      (tar) =>
        writeTar(
          join(directory, 'layer.tar'),
          overlaid(above(trim(withNpm(readTar(tar)), definition.drop ?? []), base.index), overlay),
        ),
    )
    const archive = join(directory, 'archive.tar')
    await writeDockerArchive(archive, recipe, [base.layer, layer])
    await rename(archive, archivePath(options.cacheDirectory, recipe))
    return archivePath(options.cacheDirectory, recipe)
  })

/** Installs what the recipe takes from npm, and returns what adds it to the packages of Debian. */
const npmGraft = async (
  { npm, image }: Recipe,
  directory: string,
  { report, signal }: BuildOptions,
): Promise<(entries: AsyncIterable<TarEntry>) => AsyncIterable<TarEntry>> => {
  if (npm === undefined) return (entries) => entries
  report({ subject: image, message: 'installing packages from npm' })
  const tree = await installNpmPackages(npm, directory, signal)
  return (entries) => grafted(entries, npm.to, readTree(tree, npm.to))
}

/** The base of a release out of the cache, built when it is missing there. */
export const ensureBase = async (suite: string, options: BuildOptions): Promise<BaseLayer> => {
  const kept = basePath(options.cacheDirectory, suite)
  const found = await readBase(kept)
  if (found !== undefined) return found
  await inWorkDirectory(options.cacheDirectory, async (directory) => {
    const made = join(directory, 'base')
    await mkdir(made)
    await writeBase(suite, made, directory, options)
    // Fails when another process was first: its base is as good, and images may stand on it already.
    await rename(made, kept).catch(ignoreExisting)
  })
  const made = await readBase(kept)
  if (made === undefined) throw new Error(`${kept} is incomplete: remove it to have it built again`)
  return made
}

const writeBase = async (suite: string, made: string, directory: string, options: BuildOptions): Promise<void> => {
  const root = join(made, ROOT_TAR)
  const definition = { suite, packages: [] }
  await bootstrap(bootstrapOptions(`base ${suite}`, definition, directory, options), (tar) =>
    pipeline(tar, createWriteStream(root, { flush: true })),
  )
  const index = new Map<string, string>()
  const entries = recorded(trim(readTar(createReadStream(root)), []), index)
  const layer = await writeTar(join(made, 'layer.tar'), entries)
  const description: BaseDescription = { size: layer.size, digest: layer.digest, index: Object.fromEntries(index) }
  await writeFile(join(made, 'base.json'), JSON.stringify(description), { flush: true })
}

interface BaseDescription {
  readonly size: number
  readonly digest: string
  readonly index: Readonly<Record<string, string>>
}

const isBaseDescription = (value: unknown): value is BaseDescription =>
  isObject(value) && typeof value.size === 'number' && typeof value.digest === 'string' && isObject(value.index)

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const readBase = async (directory: string): Promise<BaseLayer | undefined> => {
  const text = await readFile(join(directory, 'base.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const description: unknown = JSON.parse(text)
  if (!isBaseDescription(description)) return undefined
  const { size, digest, index } = description
  const layer = { path: join(directory, 'layer.tar'), size, digest }
  return { directory, layer, index: new Map(Object.entries(index)) }
}

const bootstrapOptions = (
  subject: string,
  { suite, packages }: Pick<BootstrapOptions, 'suite' | 'packages'>,
  temporaryDirectory: string,
  { mirror, report, signal }: BuildOptions,
): BootstrapOptions => ({
  suite,
  packages,
  mirror,
  temporaryDirectory,
  report: (message) => report({ subject, message }),
  signal,
})

const ignoreExisting = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
}
