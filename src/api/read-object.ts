import type { Document, LineCounter } from 'yaml'
import { explain } from './explain.ts'
import { locate, sourceOf } from './locate.ts'
import { suggest } from './nearest.ts'
import { type FieldPath, type Finding, formatPath, quoted, type SourcePosition, type SpecProblem } from './problem.ts'
import { isSpecKind, SPEC_KINDS, type SpecKind, type SpecKinds, type SpecSchemas } from './schemas.ts'
import { SEMANTICS } from './semantics.ts'
import type { Mention, ParsedSpecs, SpecObject } from './spec-object.ts'

/** As many problems of one document are told; who mends them gets to see the rest. */
const MAX_PROBLEMS = 20

/** One document of a file, and the way back from its fields to their places. */
export interface DocumentSource {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
  /** As {@link SpecObject.locate}: it must not hold on to the document. */
  readonly relocate: SpecObject['locate']
}

const positionOf = ({ file, document, lines }: DocumentSource, path: FieldPath, atKey = false): SourcePosition => ({
  file,
  ...locate(document, lines, path, atKey),
})

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** The object that a document speaks of, as far as kind and name can be read. */
export const mentionOf = (source: DocumentSource, value: unknown): Mention | undefined => {
  const kind = field(value, 'kind')
  const name = field(field(value, 'metadata'), 'name')
  if (!isSpecKind(kind) || typeof name !== 'string') return undefined
  return { kind, name, position: positionOf(source, []) }
}

/** What is wrong before a schema can be chosen. */
const shapeFinding = (value: unknown): Finding => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { path: [], reason: 'NotAnObject', message: 'must be an object with apiVersion, kind, metadata and spec' }
  }
  const kind = field(value, 'kind')
  if (kind === undefined) return { path: [], reason: 'MissingField', message: 'lacks the field kind' }
  const message = `${quoted(String(kind))} is no kind of object here: ${suggest(String(kind), SPEC_KINDS)}`
  return { path: ['kind'], reason: 'UnknownKind', message }
}

type Checked<T> = { readonly valid: T } | { readonly findings: readonly Finding[] }

const check = <K extends SpecKind>(
  kind: K,
  value: unknown,
  schemas: SpecSchemas,
  { document }: DocumentSource,
): Checked<SpecKinds[K]> => {
  const validate = schemas[kind]
  if (validate(value)) {
    const findings = SEMANTICS[kind](value)
    return findings.length === 0 ? { valid: value } : { findings }
  }
  const errors = (validate.errors ?? []).slice(0, MAX_PROBLEMS)
  return { findings: errors.flatMap((error) => explain(error, value, (path) => sourceOf(document, path))) }
}

/** The object of a document that is YAML without fault. Fills defaults into `value`. */
export const readObject = (source: DocumentSource, value: unknown, schemas: SpecSchemas): ParsedSpecs => {
  const mention = mentionOf(source, value)
  const mentions = mention === undefined ? [] : [mention]
  const refuse = (findings: readonly Finding[]): ParsedSpecs => ({
    objects: [],
    mentions,
    readable: mention !== undefined,
    problems: findings.slice(0, MAX_PROBLEMS).map(
      ({ path, atKey, reason, message }): SpecProblem => ({
        ...positionOf(source, path, atKey),
        path: formatPath(path),
        reason,
        message,
        ...(mention === undefined ? {} : { object: { kind: mention.kind, name: mention.name } }),
      }),
    ),
  })
  const kind = field(value, 'kind')
  if (!isSpecKind(kind)) return refuse([shapeFinding(value)])
  const accept = <K extends SpecKind>(ofKind: K): ParsedSpecs => {
    const checked = check(ofKind, value, schemas, source)
    if ('findings' in checked) return refuse(checked.findings)
    const { valid } = checked
    const position = positionOf(source, [])
    const object: SpecObject<K> = {
      kind: ofKind,
      name: valid.metadata.name,
      value: valid,
      position,
      locate: source.relocate,
    }
    return { objects: [object], mentions, problems: [], readable: true }
  }
  return accept(kind)
}
