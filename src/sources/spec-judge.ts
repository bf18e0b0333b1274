import type { CatalogSpec } from '../api/generated/catalog.ts'
import type { SpecProblem } from '../api/problem.ts'
import type { SpecKind } from '../api/schemas.ts'
import { type Mention, ofKind, type SpecObject } from '../api/spec-object.ts'
import type { ImagePreference } from '../plan/catalog-lookup.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'
import { judgeAccount, type Surroundings } from './spec-accounts.ts'
import { mergeCatalogs } from './spec-catalog.ts'
import type { SpecContext } from './spec-context.ts'
import { problemAt } from './spec-problem.ts'

export type AccountVerdict =
  | { readonly resolved: ResolvedAccount; readonly problems: readonly [] }
  | { readonly resolved: undefined; readonly problems: readonly SpecProblem[] }

/** What the objects that are no accounts come to. */
export interface Surrounded {
  readonly plans: ReadonlyMap<string, SpecObject<'Plan'>>
  /** The administrator's, laid over the default. */
  readonly catalog: CatalogSpec
  /** Of the catalogs as a whole. */
  readonly problems: readonly SpecProblem[]
  readonly judge: (account: SpecObject<'Account'>) => AccountVerdict
}

/** Objects, and mentions of them, valid or not. */
interface Spoken {
  readonly objects: readonly SpecObject[]
  readonly mentions: readonly Mention[]
  readonly imagePreference: ImagePreference
}

export const namesOf = (mentions: readonly Mention[], kind: SpecKind): Set<string> =>
  new Set(mentions.filter((mention) => mention.kind === kind).map(({ name }) => name))

const judgeNow = (account: SpecObject<'Account'>, surroundings: Surroundings): AccountVerdict => {
  const verdict = judgeAccount(account, surroundings)
  if ('resolved' in verdict) return { resolved: verdict.resolved, problems: [] }
  return { resolved: undefined, problems: verdict.findings.map((finding) => problemAt(account, finding)) }
}

const surround = ({ objects, mentions, imagePreference }: Spoken, context: SpecContext): Surrounded => {
  const plans = new Map(ofKind(objects, 'Plan').map((plan) => [plan.name, plan]))
  const { catalog, problems } = mergeCatalogs(objects, context)
  // A catalog that is left out would change the images of every account.
  const isWhole = problems.length === 0 && namesOf(mentions, 'Catalog').size === ofKind(objects, 'Catalog').length
  const planNames = namesOf(mentions, 'Plan')
  const surroundings = { context, plans, planNames, catalog: isWhole ? catalog : ('invalid' as const), imagePreference }
  const verdicts = new WeakMap<SpecObject<'Account'>, AccountVerdict>()
  const judge = (account: SpecObject<'Account'>): AccountVerdict => {
    const verdict = verdicts.get(account) ?? judgeNow(account, surroundings)
    verdicts.set(account, verdict)
    return verdict
  }
  return { plans, catalog, problems, judge }
}

const areSame = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && left.every((one, index) => one === right[index])

const isNoAccount = ({ kind }: { readonly kind: SpecKind }): boolean => kind !== 'Account'

/**
 * Judges accounts, load after load, and again only what changed: a verdict depends on the account's own object and on
 * those of other kinds, and a file that was not read again gives the very same ones. Belongs to the caller, who hands
 * it to every load of the same directory with the same context.
 */
export class SpecJudge {
  #former: { readonly spoken: Spoken; readonly surrounded: Surrounded } | undefined

  surround({ objects, mentions, imagePreference }: Spoken, context: SpecContext): Surrounded {
    const spoken = { objects: objects.filter(isNoAccount), mentions: mentions.filter(isNoAccount), imagePreference }
    const former = this.#former
    if (
      former !== undefined &&
      former.spoken.imagePreference === imagePreference &&
      areSame(former.spoken.objects, spoken.objects) &&
      areSame(former.spoken.mentions, spoken.mentions)
    )
      return former.surrounded
    const surrounded = surround(spoken, context)
    this.#former = { spoken, surrounded }
    return surrounded
  }
}
