import { readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type BuiltImage, buildImages } from '../drivers/images/build-images.ts'
import type { ResolvedService } from '../plan/resolved-account.ts'
import type { ImageSource } from '../plan/resources.ts'
import type { RegistrySettings } from '../plan/settings.ts'
import type { SpecView } from '../sources/spec-view.ts'
import type { GlobalOptions } from './command.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { formatData, isData, listOf } from './format-data.ts'
import {
  type ImageCache,
  imageCacheDirectory,
  openImageCache,
  PROBE_RECIPE,
  type Recipes,
  recipesHere,
} from './image-cache.ts'
import type { Io } from './io.ts'
import { paintFor } from './paint.ts'
import { openSpecs, settingsInForce } from './specs.ts'
import { formatTable } from './table.ts'

export interface BuildOptions extends GlobalOptions {
  readonly recipes: readonly string[]
}

export interface PullOptions extends GlobalOptions {
  readonly kind: string
  readonly wanted: string
}

export interface PruneOptions extends GlobalOptions {
  readonly 'dry-run': boolean
}

/** The images of this host, and what its specs say of them. */
interface Images {
  readonly view: SpecView
  readonly cache: ImageCache
}

const openCache = (recipes: Recipes, registry: RegistrySettings, io: Io): ImageCache =>
  openImageCache({
    recipes,
    registry: () => registry,
    environment: io.env,
    report: ({ subject, message }) => io.stderr.write(`${subject}: ${message}\n`),
  })

/** For commands that ask none. */
const NO_REGISTRY: RegistrySettings = { registry: '', registryInsecure: false }

const openImages = async (options: GlobalOptions, io: Io): Promise<Images> => {
  const recipes = await recipesHere()
  const flags = { stateDirectory: options.state, runDirectory: options['run-dir'] }
  const view = await openSpecs(options.specs, recipes, flags)
  return { view, cache: openCache(recipes, await settingsInForce(view, flags), io) }
}

/** What stands in each column of a table, by title. */
type Columns<T> = Readonly<Record<string, (row: T) => string>>

const print = <T>(rows: readonly T[], columns: Columns<T>, options: GlobalOptions, io: Io): void => {
  if (isData(options.output)) io.stdout.write(formatData(options.output, listOf(rows)))
  else {
    const table = {
      header: Object.keys(columns),
      rows: rows.map((row) => Object.values(columns).map((cell) => cell(row))),
    }
    io.stdout.write(formatTable(table, paintFor(options, io)))
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

/** Where the archives of a version may stand, one for each of its sources. */
const archivesOf = ({ image: { name, sources } }: ResolvedService, { recipes, registry }: ImageCache): string[] =>
  sources.map((source) => {
    if (source.from === 'registry') return registry.path(name, source.reference)
    const built = recipes.path(source.recipe)
    return recipes.imageOf(source.recipe) === name ? built : registry.renamedPath(name, built)
  })

const describeSource = (source: ImageSource): string =>
  source.from === 'recipe' ? `recipe ${source.recipe}` : source.reference

/** Prints what the catalog offers, and whether its images are here. */
export const listImages = async (options: GlobalOptions, io: Io): Promise<number> => {
  const { view, cache } = await openImages(options, io)
  const rows = await Promise.all(
    view.offered().map(async (service) => ({
      kind: service.kind,
      version: service.version,
      here: (await Promise.all(archivesOf(service, cache).map(isFile))).includes(true),
      image: service.image.name,
      sources: service.image.sources,
    })),
  )
  const columns: Columns<(typeof rows)[number]> = {
    KIND: ({ kind }) => kind,
    VERSION: ({ version }) => version,
    HERE: ({ here }) => (here ? 'yes' : 'no'),
    SOURCES: ({ sources }) => sources.map(describeSource).join(', else '),
  }
  print(rows, columns, options, io)
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
  const cache = openCache(recipes, NO_REGISTRY, io)
  const built = await buildImages(options.recipes, recipes, cache.recipes, io.signal)
  const columns: Columns<BuiltImage> = {
    RECIPE: ({ recipe }) => recipe,
    IMAGE: ({ image }) => image,
    ARCHIVE: ({ archive }) => archive,
  }
  print(built, columns, options, io)
  return EXIT.ok
}

const offeredVersion = (view: SpecView, { kind, wanted }: PullOptions): ResolvedService => {
  const ofKind = view.offered().filter((service) => service.kind === kind)
  const found = ofKind.find(({ version }) => version === wanted)
  if (found !== undefined) return found
  const kinds = [...new Set(view.offered().map((service) => service.kind))]
  const choice =
    ofKind.length === 0
      ? `no kind ${kind}; there are ${kinds.join(', ')}`
      : `no ${kind} ${wanted}; there are ${ofKind.map(({ version }) => version).join(', ')}`
  throw new CliError(EXIT.notFound, `the catalog has ${choice}`)
}

/** Pulls a version's image, whatever the Host prefers. */
export const pullWanted = async (options: PullOptions, io: Io): Promise<number> => {
  const { view, cache } = await openImages(options, io)
  const { kind, version, image } = offeredVersion(view, options)
  const source = image.sources.find(({ from }) => from === 'registry')
  if (source?.from !== 'registry')
    throw new CliError(EXIT.failed, `the catalog names no image of ${kind} ${version} in a registry: it is built here`)
  const archive = await cache.registry.archive(image.name, source.reference, io.signal)
  const columns = { IMAGE: () => source.reference, ARCHIVE: () => archive }
  print([{ kind, version, image: source.reference, archive }], columns, options, io)
  return EXIT.ok
}

/** Archives as builds and pulls name them; whatever else lies in the cache is not ours. */
const ARCHIVE = /^[a-z0-9][a-z0-9.-]*-[0-9a-f]{12}\.tar$/

/** Removes what the catalog does not name. Engines keep what they have loaded. */
export const pruneUnwanted = async (options: PruneOptions, io: Io): Promise<number> => {
  const { view, cache } = await openImages(options, io)
  // Of a catalog that is broken nobody knows what it means to name.
  const problems = view.problems()
  if (problems.length > 0) throw new CliError(EXIT.failed, `nothing is removed:\n${problems.join('\n')}`)
  const archives = [
    ...view.offered().flatMap((service) => archivesOf(service, cache)),
    cache.recipes.path(PROBE_RECIPE),
  ]
  const wanted = new Set(archives.map((path) => basename(path)))
  const directory = imageCacheDirectory(io.env)
  const entries = await readdir(directory, { withFileTypes: true })
  const unwanted = entries
    .filter((entry) => entry.isFile() && ARCHIVE.test(entry.name) && !wanted.has(entry.name))
    .map(({ name }) => ({ archive: join(directory, name) }))
  if (!options['dry-run']) for (const { archive } of unwanted) await rm(archive)
  print(unwanted, { [options['dry-run'] ? 'UNWANTED' : 'REMOVED']: ({ archive }) => archive }, options, io)
  return EXIT.ok
}
