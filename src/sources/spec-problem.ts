import { type Finding, formatPath, type SpecProblem } from '../api/problem.ts'
import type { SpecObject } from '../api/spec-object.ts'

/** A finding with its place in the object's file. */
export const problemAt = (object: SpecObject, { path, atKey, reason, message }: Finding): SpecProblem => ({
  ...object.locate(path, atKey),
  path: formatPath(path),
  reason,
  message,
  object: { kind: object.kind, name: object.name },
})
