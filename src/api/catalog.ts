import type { CatalogService, CatalogSpec } from './generated/catalog.ts'
import { suggest } from './nearest.ts'
import type { Finding } from './problem.ts'

/** What a catalog says must hold together once it is laid over the one before. */
export type OverlayResult = { readonly catalog: CatalogSpec } | { readonly findings: readonly Finding[] }

const overlayService = (base: CatalogService | undefined, over: CatalogService): CatalogService => {
  const versions = new Map(base?.versions.map((entry) => [entry.version, entry]))
  for (const entry of over.versions) versions.set(entry.version, entry)
  const preferred = over.default ?? base?.default
  return {
    kind: over.kind,
    versions: [...versions.values()],
    ...(preferred === undefined ? {} : { default: preferred }),
  }
}

const serviceFindings = (
  service: CatalogService,
  index: number,
  kinds: readonly string[],
  recipes: ReadonlySet<string>,
  merged: CatalogService,
): Finding[] => {
  const path = ['spec', 'services', index]
  const findings: Finding[] = []
  if (!kinds.includes(service.kind)) {
    const message = `${service.kind} is no kind of service: ${suggest(service.kind, kinds)}`
    findings.push({ path: [...path, 'kind'], reason: 'KindUnknown', message })
  }
  const versions = merged.versions.map(({ version }) => version)
  if (service.default !== undefined && !versions.includes(service.default)) {
    const message = `${service.default} is not among the versions: ${suggest(service.default, versions)}`
    findings.push({ path: [...path, 'default'], reason: 'VersionUnknown', message })
  }
  for (const [position, { recipe }] of service.versions.entries()) {
    if (recipe === undefined || recipes.has(recipe)) continue
    const message = `there is no recipe ${recipe} in images/: ${suggest(recipe, [...recipes])}`
    findings.push({ path: [...path, 'versions', position, 'recipe'], reason: 'RecipeUnknown', message })
  }
  return findings
}

/** Lays a catalog over another, kind by kind and version by version. */
export const overlayCatalog = (
  base: CatalogSpec,
  over: CatalogSpec,
  kinds: readonly string[],
  recipes: ReadonlySet<string>,
): OverlayResult => {
  const services = new Map(base.services.map((service) => [service.kind, service]))
  const findings: Finding[] = []
  for (const [index, service] of over.services.entries()) {
    const merged = overlayService(services.get(service.kind), service)
    findings.push(...serviceFindings(service, index, kinds, recipes, merged))
    services.set(service.kind, merged)
  }
  return findings.length > 0 ? { findings } : { catalog: { services: [...services.values()] } }
}
