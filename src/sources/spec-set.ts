import type { CatalogSpec } from '../api/generated/catalog.ts'
import type { SourcePosition, SpecProblem } from '../api/problem.ts'
import type { SpecKind } from '../api/schemas.ts'
import type { SpecObject } from '../api/spec-object.ts'
import type { ImagePreference } from '../plan/catalog-lookup.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'

/** An account that is right in itself and goes with its plan and the catalog. */
export interface LoadedAccount {
  readonly name: string
  readonly position: SourcePosition
  readonly object: SpecObject<'Account'>
  readonly resolved: ResolvedAccount
}

/** Everything that a directory of specs says, at one moment. */
export interface SpecSet {
  /** `empty`: no file speaks of any object. Neither that nor `unreadable` means that anything was deleted. */
  readonly health: 'ok' | 'unreadable' | 'empty'
  /** Why, when the directory is unreadable. */
  readonly message: string
  /** False: something that could not be read may be any object, so nothing that is missing was surely deleted. */
  readonly complete: boolean
  /** Valid ones only. */
  readonly accounts: ReadonlyMap<string, LoadedAccount>
  /** Accounts that some file speaks of, valid or not. */
  readonly accountNames: ReadonlySet<string>
  readonly plans: ReadonlyMap<string, SpecObject<'Plan'>>
  /** The administrator's, laid over the default. */
  readonly catalog: CatalogSpec
  readonly host: 'absent' | 'invalid' | SpecObject<'Host'>
  /** What accounts were judged with. */
  readonly imagePreference: ImagePreference
  /** Of all files, by place. */
  readonly problems: readonly SpecProblem[]
}

/** The problems of one object. */
export const problemsOf = (set: SpecSet, kind: SpecKind, name: string): SpecProblem[] =>
  set.problems.filter(({ object }) => object?.kind === kind && object.name === name)
