import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'
import { FORMS } from './forms.ts'
import type { Account } from './generated/account.ts'
import type { Catalog } from './generated/catalog.ts'
import type { Host } from './generated/host.ts'
import type { Plan } from './generated/plan.ts'
import { repeatedItems } from './repeated-items.ts'

export const API_VERSION = 'palisade.dev/v1'

/** Every kind of object, by its name. */
export interface SpecKinds {
  Account: Account
  Plan: Plan
  Catalog: Catalog
  Host: Host
}

export type SpecKind = keyof SpecKinds

export const SPEC_KINDS: readonly SpecKind[] = ['Account', 'Plan', 'Catalog', 'Host']

export const isSpecKind = (kind: unknown): kind is SpecKind => SPEC_KINDS.some((known) => known === kind)

const FILES: Readonly<Record<SpecKind, string>> = {
  Account: 'accounts.yaml',
  Plan: 'plans.yaml',
  Catalog: 'catalogs.yaml',
  Host: 'hosts.yaml',
}

/** One validator per kind. It fills defaults into what it is given. */
export type SpecSchemas = { readonly [K in SpecKind]: ValidateFunction<SpecKinds[K]> }

/** Where the CustomResourceDefinitions lie: beside `src` and `dist` in the package. */
export const packagedCrds = (): string => fileURLToPath(new URL('../../crds/', import.meta.url))

/** The part of a structural schema that is read here; see the CRDs of Kubernetes, `JSONSchemaProps`. */
interface Structural {
  readonly type?: string
  readonly format?: string
  readonly default?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Structural>>
  readonly items?: Structural
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly enum?: readonly unknown[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

const TAKEN = ['default', 'required', 'enum', 'minimum', 'maximum', 'minItems', 'maxItems'] as const

/** A structural schema as ajv reads it: no field that isn't named, and our forms in place of patterns. */
const toAjvSchema = (schema: Structural): AnySchemaObject => {
  const result: AnySchemaObject = {}
  for (const key of TAKEN) if (schema[key] !== undefined) result[key] = schema[key]
  if (schema.format !== undefined && FORMS.has(schema.format)) return { ...result, form: schema.format }
  if (schema.type !== undefined) result.type = schema.type
  if (schema.items !== undefined) result.items = toAjvSchema(schema.items)
  if (schema['x-kubernetes-list-type'] === 'set') result.uniqueBy = []
  if (schema['x-kubernetes-list-type'] === 'map') result.uniqueBy = schema['x-kubernetes-list-map-keys']
  if (schema.type === 'object') {
    const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, toAjvSchema(field)])
    result.properties = Object.fromEntries(fields)
    result.additionalProperties = false
  }
  return result
}

const TEXTS = { type: 'object', additionalProperties: { type: 'string' } }

const toObjectSchema = (kind: SpecKind, root: Structural): AnySchemaObject => {
  const { metadata = {}, spec = {} } = root.properties ?? {}
  const name = toAjvSchema(metadata.properties?.name ?? {})
  return {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    additionalProperties: false,
    properties: {
      apiVersion: { const: API_VERSION },
      kind: { const: kind },
      metadata: {
        type: 'object',
        required: ['name'],
        additionalProperties: false,
        properties: { name, labels: TEXTS, annotations: TEXTS },
      },
      spec: toAjvSchema(spec),
    },
  }
}

const openApiSchema = (crd: { spec: { versions: { schema: { openAPIV3Schema: Structural } }[] } }): Structural => {
  const [version] = crd.spec.versions
  if (version === undefined) throw new Error('a CustomResourceDefinition without versions')
  return version.schema.openAPIV3Schema
}

const newAjv = (): Ajv => {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true, strictTypes: false, strictRequired: false })
  ajv.addKeyword({
    keyword: 'form',
    schemaType: 'string',
    validate: (form: string, value: unknown) => FORMS.get(form)?.(value, String(value)) === undefined,
  })
  ajv.addKeyword({
    keyword: 'uniqueBy',
    type: 'array',
    schemaType: 'array',
    validate: (fields: readonly string[], items: readonly unknown[]) => repeatedItems(items, fields).length === 0,
  })
  return ajv
}

/** Compiles the CustomResourceDefinitions of a directory. */
export const loadSchemas = async (directory: string = packagedCrds()): Promise<SpecSchemas> => {
  const ajv = newAjv()
  const compile = async <K extends SpecKind>(kind: K): Promise<ValidateFunction<SpecKinds[K]>> => {
    const crd = parse(await readFile(`${directory}/${FILES[kind]}`, 'utf8'))
    return ajv.compile<SpecKinds[K]>(toObjectSchema(kind, openApiSchema(crd)))
  }
  return {
    Account: await compile('Account'),
    Plan: await compile('Plan'),
    Catalog: await compile('Catalog'),
    Host: await compile('Host'),
  }
}
