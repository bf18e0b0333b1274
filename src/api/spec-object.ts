import type { FieldPath, ObjectReference, SourcePosition, SpecProblem } from './problem.ts'
import type { SpecKind, SpecKinds } from './schemas.ts'

/** A valid object, its defaults filled in. */
export interface SpecObject<K extends SpecKind = SpecKind> {
  readonly kind: K
  readonly name: string
  readonly value: SpecKinds[K]
  readonly position: SourcePosition
  /** Place of a field in the file. Parses the text again, so for messages only. */
  locate(path: FieldPath, atKey?: boolean): SourcePosition
}

/** An object that a text speaks of, valid or not. */
export interface Mention extends ObjectReference {
  readonly kind: SpecKind
  readonly position: SourcePosition
}

/** What one file holds. */
export interface ParsedSpecs {
  readonly objects: readonly SpecObject[]
  readonly mentions: readonly Mention[]
  readonly problems: readonly SpecProblem[]
  /** False: what is broken may hide an object that is not among the mentions. */
  readonly readable: boolean
}

/** Those of one kind. */
export const ofKind = <K extends SpecKind>(objects: readonly SpecObject[], kind: K): SpecObject<K>[] =>
  objects.filter((object): object is SpecObject<K> => object.kind === kind)
