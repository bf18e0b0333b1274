import type { ResolvedAccount } from '../plan/resolved-account.ts'

/** What the spec files say of one account, at this moment. */
export type SpecVerdict =
  | {
      readonly state: 'valid'
      readonly resolved: ResolvedAccount
      /** The spec as written, for the status. */
      readonly spec: unknown
    }
  /** A file that names the account is broken. Each problem names file, line and column. */
  | { readonly state: 'invalid'; readonly reason: string; readonly problems: readonly string[] }
  /** No file names it, and all could be read. */
  | { readonly state: 'absent' }
  /** The directory can't be read, or is suddenly empty, or a broken file may be the account's. */
  | { readonly state: 'unknown'; readonly message: string }

/** The specs as last read. Reading is the sources' business; a reconcile only asks. */
export interface Specs {
  find(account: string): SpecVerdict
  /** Accounts that some file names, valid or not. */
  names(): ReadonlySet<string>
  /** Commit of the checkout the specs are in, when they are in one. */
  revision(): string | undefined
}
