import type { CatalogService, CatalogServiceVersion, CatalogSpec } from '../api/generated/catalog.ts'
import { sha256 } from './digest.ts'
import type { ResolvedService } from './resolved-account.ts'
import type { DesiredImage, ImageSource } from './resources.ts'

export interface ResolveProblem {
  readonly reason: 'KindUnknown' | 'VersionUnknown' | 'ImageUnavailable'
  /** Where in the object, as keys and indexes. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What is tried first where the catalog gives both. */
export type ImagePreference = 'recipe' | 'registry'

export interface Offer {
  readonly catalog: CatalogSpec
  /** Image references by recipe. */
  readonly images: ReadonlyMap<string, string>
  readonly imagePreference: ImagePreference
}

const offered = ({ versions }: CatalogService): string =>
  `: it has ${versions.map(({ version }) => version).join(', ')}`

/** The image of a version; undefined when its only source is a recipe that is not here. */
const imageOf = (
  kind: string,
  { version, recipe, image }: CatalogServiceVersion,
  { images, imagePreference }: Offer,
): DesiredImage | undefined => {
  const built = recipe === undefined ? undefined : images.get(recipe)
  const sources: ImageSource[] = [
    ...(recipe === undefined || built === undefined ? [] : [{ from: 'recipe' as const, recipe }]),
    ...(image === undefined ? [] : [{ from: 'registry' as const, reference: image }]),
  ]
  if (imagePreference === 'registry') sources.reverse()
  const [first] = sources
  if (first === undefined) return undefined
  const name = first.from === 'recipe' ? built : `palisade/${kind}-${version}:${sha256(first.reference).slice(0, 12)}`
  return name === undefined ? undefined : { name, sources }
}

/** Everything that the catalog offers, by kind. */
export const offeredServices = (offer: Offer): ResolvedService[] =>
  offer.catalog.services.flatMap(({ kind, versions }) =>
    versions.flatMap((entry) => {
      const image = imageOf(kind, entry, offer)
      return image === undefined ? [] : [{ kind, version: entry.version, image }]
    }),
  )

/** Looks services up in the catalog, and collects what can't be found. */
export class CatalogLookup {
  readonly problems: ResolveProblem[] = []
  readonly #offer: Offer

  constructor(offer: Offer) {
    this.#offer = offer
  }

  /** `kinds` are those that may stand at `path`. */
  service(
    kind: string,
    kinds: ReadonlyMap<string, unknown>,
    wanted: string | undefined,
    path: (string | number)[],
  ): ResolvedService {
    const nothing = { kind, version: wanted ?? '', image: { name: '', sources: [] } }
    const service = this.#offer.catalog.services.find((one) => one.kind === kind)
    if (!kinds.has(kind) || service === undefined) {
      const choice = `: choose one of ${[...kinds.keys()].join(', ')}`
      return this.#refuse('KindUnknown', path, `there is no ${kind} here${choice}`, nothing)
    }
    const version = wanted ?? service.default ?? service.versions.at(-1)?.version ?? ''
    const entry = service.versions.find((one) => one.version === version)
    if (entry === undefined) {
      const message = `the catalog has no ${kind} ${version}${offered(service)}`
      return this.#refuse('VersionUnknown', path, message, nothing)
    }
    const image = imageOf(kind, entry, this.#offer)
    if (image === undefined) {
      const message = `${kind} ${version} names the recipe ${entry.recipe ?? ''}, which is not in images/`
      return this.#refuse('ImageUnavailable', path, message, nothing)
    }
    return { kind, version, image }
  }

  #refuse(
    reason: ResolveProblem['reason'],
    path: readonly (string | number)[],
    message: string,
    nothing: ResolvedService,
  ): ResolvedService {
    this.problems.push({ reason, path, message })
    return nothing
  }
}
