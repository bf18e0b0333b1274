import type { ErrorObject } from 'ajv'
import { FORMS } from './forms.ts'
import { suggest } from './nearest.ts'
import { type FieldPath, type Finding, quoted } from './problem.ts'
import { repeatedItems } from './repeated-items.ts'

/** The value of a field as it stands in the file; undefined when it is no plain value. */
export type SourceOf = (path: FieldPath) => string | undefined

/** Path of a JSON pointer (RFC 6901); numbers are told from names by what they point into. */
const toPath = (pointer: string, root: unknown): FieldPath => {
  let value: unknown = root
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => {
      const isIndex = Array.isArray(value)
      value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined
      return isIndex ? Number(part) : part
    })
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a map of fields',
  array: 'a list, each entry after a "-"',
  integer: 'a whole number',
  boolean: 'true or false',
  string: 'text',
}

const isText = (value: unknown): value is string => typeof value === 'string'

const fieldNames = (error: ErrorObject): string[] => Object.keys(Object(error.parentSchema?.properties ?? {}))

const unknownField = (error: ErrorObject, path: FieldPath): Finding => {
  const name = String(error.params.additionalProperty)
  const message =
    path.length === 0 && name === 'status'
      ? 'is written by the operator: remove it'
      : `is no field here: ${suggest(name, fieldNames(error))}`
  return { path: [...path, name], atKey: true, reason: 'UnknownField', message }
}

const wrongType = (error: ErrorObject, path: FieldPath, source: string | undefined): Finding => {
  const type = String(error.params.type)
  const wanted = TYPES[type] ?? type
  const quote = type === 'string' && source !== undefined ? `: write it in quotes, ${quoted(source)}` : ''
  const message = error.data === null ? `is empty: it must be ${wanted}, or be removed` : `must be ${wanted}${quote}`
  return { path, reason: 'InvalidValue', message }
}

const repetitions = (error: ErrorObject, path: FieldPath): Finding[] => {
  const fields: readonly string[] = Array.isArray(error.schema) ? error.schema.filter(isText) : []
  const items: readonly unknown[] = Array.isArray(error.data) ? error.data : []
  const what = fields.length === 0 ? 'stands here before' : `has the same ${fields.join(' and ')} as one before`
  return repeatedItems(items, fields).map((index) => ({
    path: [...path, index, ...fields.slice(0, 1)],
    reason: 'Duplicate',
    message: `${what}: remove one of them`,
  }))
}

const constraint = (error: ErrorObject): string => {
  const { limit, allowedValue, allowedValues } = error.params
  switch (error.keyword) {
    case 'const':
      return `must be ${allowedValue}`
    case 'minimum':
      return `must be at least ${limit}`
    case 'maximum':
      return `must be at most ${limit}`
    case 'minItems':
      return `has fewer than ${limit} entries`
    case 'maxItems':
      return `has more than ${limit} entries`
    case 'enum':
      return `must be one of ${Array.isArray(allowedValues) ? allowedValues.join(', ') : ''}`
    default:
      return error.message ?? 'is wrong'
  }
}

/** What ajv complains of, for people. An error can stand for several findings. */
export const explain = (error: ErrorObject, root: unknown, sourceOf: SourceOf): Finding[] => {
  const path = toPath(error.instancePath, root)
  switch (error.keyword) {
    case 'additionalProperties':
      return [unknownField(error, path)]
    case 'required':
      return [{ path, reason: 'MissingField', message: `lacks the field ${error.params.missingProperty}` }]
    case 'type':
      return [wrongType(error, path, sourceOf(path))]
    case 'uniqueBy':
      return repetitions(error, path)
    case 'form': {
      const form = FORMS.get(String(error.schema))
      const message = form?.(error.data, sourceOf(path) ?? String(error.data)) ?? 'is wrong'
      return [{ path, reason: 'InvalidValue', message }]
    }
    default:
      return [{ path, reason: 'InvalidValue', message: constraint(error) }]
  }
}
