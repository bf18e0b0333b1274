import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { CatalogSpec } from '../api/generated/catalog.ts'
import { parseSpecText } from '../api/parse-spec.ts'
import { formatProblem } from '../api/problem.ts'
import { loadSchemas, type SpecSchemas } from '../api/schemas.ts'
import { ofKind } from '../api/spec-object.ts'
import type { Kinds } from '../plan/kind.ts'

/** What specs are read with: the same at every load. */
export interface SpecContext {
  readonly schemas: SpecSchemas
  /** The catalog that comes with Palisade. */
  readonly catalog: CatalogSpec
  readonly kinds: Kinds
  /** Image references by recipe. */
  readonly images: ReadonlyMap<string, string>
}

const packagedCatalog = (): string => fileURLToPath(new URL('../../defaults/catalog.yaml', import.meta.url))

/** Reads what comes with the package: the CustomResourceDefinitions and the default catalog. */
export const loadSpecContext = async (kinds: Kinds, images: ReadonlyMap<string, string>): Promise<SpecContext> => {
  const schemas = await loadSchemas()
  const file = packagedCatalog()
  const { objects, problems } = parseSpecText(await readFile(file, 'utf8'), file, schemas)
  const [catalog] = ofKind(objects, 'Catalog')
  if (catalog === undefined) throw new Error(problems.map(formatProblem).join('\n') || `${file} holds no Catalog`)
  return { schemas, catalog: catalog.value.spec, kinds, images }
}
