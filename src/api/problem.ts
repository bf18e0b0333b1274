/** Where something stands: file as it was given, line and column from 1. */
export interface SourcePosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface ObjectReference {
  readonly kind: string
  readonly name: string
}

/** Something in the specs that can't be taken. */
export interface SpecProblem extends SourcePosition {
  /** The field, such as `spec.sites[0].domain`; empty when it is the file or the whole object. */
  readonly path: string
  /** CamelCase, for programs. */
  readonly reason: string
  /** A sentence about the field, without its name. */
  readonly message: string
  /** The object it stands in, as far as that can be told. */
  readonly object?: ObjectReference
}

/** A field, from the object's root. */
export type FieldPath = readonly (string | number)[]

/** A problem before it is known where in which file it stands. */
export interface Finding {
  readonly path: FieldPath
  /** True: it is about the field's name, not its value. */
  readonly atKey?: boolean
  readonly reason: string
  readonly message: string
}

const MAX_QUOTED = 64

/** A value as a message may show it: one line, printable, not too long. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)

const formatField = (part: string | number, index: number): string => {
  if (typeof part === 'number') return `[${part}]`
  if (!/^[\w-]{1,64}$/.test(part)) return `[${quoted(part)}]`
  return index === 0 ? part : `.${part}`
}

/** Such as `spec.sites[0].domain`. */
export const formatPath = (path: FieldPath): string => path.map(formatField).join('')

/** One line for people, such as `account.yaml:7:13: spec.sites[0].domain: "A" is no host name`. */
export const formatProblem = ({ file, line, column, path, message }: SpecProblem): string =>
  [`${file}:${line}:${column}`, ...(path === '' ? [] : [path]), message].join(': ')

/** By file, then by place, then by words: the order never depends on how they were found. */
export const compareProblems = (left: SpecProblem, right: SpecProblem): number =>
  compareText(left.file, right.file) ||
  left.line - right.line ||
  left.column - right.column ||
  compareText(left.message, right.message)

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
