import { overlayCatalog } from '../api/catalog.ts'
import type { CatalogSpec } from '../api/generated/catalog.ts'
import type { SpecProblem } from '../api/problem.ts'
import { ofKind, type SpecObject } from '../api/spec-object.ts'
import type { SpecContext } from './spec-context.ts'
import { problemAt } from './spec-problem.ts'

/** Two catalogs may not speak of one version: which would count? */
const repeatedVersions = (catalogs: readonly SpecObject<'Catalog'>[]): SpecProblem[] => {
  const first = new Map<string, SpecObject<'Catalog'>>()
  const problems: SpecProblem[] = []
  for (const catalog of catalogs) {
    for (const [index, { kind, versions }] of catalog.value.spec.services.entries()) {
      for (const [position, { version }] of versions.entries()) {
        const other = first.get(`${kind} ${version}`)
        first.set(`${kind} ${version}`, catalog)
        if (other === undefined) continue
        const message = `${kind} ${version} stands in the Catalog ${other.name} too: remove one of them`
        const path = ['spec', 'services', index, 'versions', position, 'version']
        problems.push(problemAt(catalog, { path, reason: 'Duplicate', message }))
      }
    }
  }
  return problems
}

export interface MergedCatalog {
  readonly catalog: CatalogSpec
  readonly problems: readonly SpecProblem[]
}

/** The default catalog with the administrator's laid over it, by their names; those with problems are left out. */
export const mergeCatalogs = (
  objects: readonly SpecObject[],
  { catalog, kinds, images }: SpecContext,
): MergedCatalog => {
  const kindNames = Object.values(kinds).flatMap((known: ReadonlyMap<string, unknown>) => [...known.keys()])
  const recipes = new Set(images.keys())
  const overlays = ofKind(objects, 'Catalog').sort((left, right) => (left.name < right.name ? -1 : 1))
  const problems = repeatedVersions(overlays)
  let merged = catalog
  for (const overlay of overlays) {
    const result = overlayCatalog(merged, overlay.value.spec, kindNames, recipes)
    if ('catalog' in result) merged = result.catalog
    else problems.push(...result.findings.map((finding) => problemAt(overlay, finding)))
  }
  return { catalog: merged, problems }
}
