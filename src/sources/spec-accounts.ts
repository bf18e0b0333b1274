import { dirname } from 'node:path'
import type { CatalogSpec } from '../api/generated/catalog.ts'
import type { PlanSpec } from '../api/generated/plan.ts'
import { exceeded } from '../api/limits-semantics.ts'
import { suggest } from '../api/nearest.ts'
import type { Finding } from '../api/problem.ts'
import type { SpecObject } from '../api/spec-object.ts'
import type { ImagePreference } from '../plan/catalog-lookup.ts'
import { resolveAccount } from '../plan/resolve-account.ts'
import type { ResolvedAccount } from '../plan/resolved-account.ts'
import type { SpecContext } from './spec-context.ts'

/** What an account is judged by besides itself. */
export interface Surroundings {
  readonly context: SpecContext
  readonly plans: ReadonlyMap<string, SpecObject<'Plan'>>
  /** Plans that some file speaks of, valid or not. */
  readonly planNames: ReadonlySet<string>
  readonly catalog: 'invalid' | CatalogSpec
  readonly imagePreference: ImagePreference
}

const tooMany = (field: 'sites' | 'databases' | 'zones', count: number, ceiling: number | undefined): Finding[] =>
  ceiling === undefined || count <= ceiling
    ? []
    : [
        {
          path: ['spec', field],
          reason: 'AboveCeiling',
          message: `${count} are above the plan's ceiling of ${ceiling}`,
        },
      ]

const ceilingFindings = ({ value: { spec } }: SpecObject<'Account'>, { ceilings }: PlanSpec): Finding[] => {
  const schemas = spec.databases.reduce((sum, database) => sum + database.schemas.length, 0)
  return [
    ...exceeded(spec.limits, ceilings.limits).map((finding) => ({ ...finding, path: ['spec', ...finding.path] })),
    ...tooMany('sites', spec.sites.length, ceilings.sites),
    ...tooMany('databases', schemas, ceilings.databases),
    ...tooMany('zones', spec.zones.length, ceilings.zones),
  ]
}

const planFinding = (name: string, { plans, planNames }: Surroundings): Finding => {
  const path = ['spec', 'plan']
  if (planNames.has(name)) return { path, reason: 'PlanInvalid', message: `the plan ${name} has errors itself` }
  return { path, reason: 'PlanNotFound', message: `there is no plan ${name}: ${suggest(name, [...plans.keys()])}` }
}

/** The account with plan and catalog, or what doesn't go together. */
export const judgeAccount = (
  account: SpecObject<'Account'>,
  surroundings: Surroundings,
): { readonly resolved: ResolvedAccount } | { readonly findings: readonly Finding[] } => {
  const { context, plans, catalog, imagePreference } = surroundings
  const { spec } = account.value
  const plan = spec.plan === undefined ? undefined : plans.get(spec.plan)?.value.spec
  const findings: Finding[] = []
  if (spec.plan !== undefined && plan === undefined) findings.push(planFinding(spec.plan, surroundings))
  if (plan !== undefined) findings.push(...ceilingFindings(account, plan))
  if (catalog === 'invalid') {
    findings.push({
      path: ['spec'],
      reason: 'CatalogInvalid',
      message: 'a Catalog has errors: nothing can be chosen from it',
    })
    return { findings }
  }
  const result = resolveAccount({
    name: account.name,
    spec,
    specDirectory: dirname(account.position.file),
    plan,
    catalog,
    kinds: context.kinds,
    images: context.images,
    imagePreference,
  })
  if ('resolved' in result) return findings.length === 0 ? result : { findings }
  const problems = result.problems.map(({ path, reason, message }) => ({ path: ['spec', ...path], reason, message }))
  return { findings: [...findings, ...problems] }
}
