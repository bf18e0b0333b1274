import type { CatalogSpec } from '../api/generated/catalog.ts'
import { compareProblems, type SpecProblem } from '../api/problem.ts'
import type { SpecKind } from '../api/schemas.ts'
import { type Mention, ofKind, type SpecObject } from '../api/spec-object.ts'
import { judgeAccount, type Surroundings } from './spec-accounts.ts'
import { mergeCatalogs } from './spec-catalog.ts'
import type { SpecContext } from './spec-context.ts'
import { duplicateNames, keyOf, secondHosts } from './spec-duplicates.ts'
import { readSpecFiles, type SpecCache, type SpecFile } from './spec-files.ts'
import { problemAt } from './spec-problem.ts'
import { seedFindings, withoutSeeds } from './spec-seeds.ts'
import type { LoadedAccount, SpecSet } from './spec-set.ts'

export interface LoadOptions {
  readonly cache?: SpecCache
  /** See {@link SpecFilesOptions.unsettled}. */
  readonly unsettled?: ReadonlySet<string>
}

/** The objects that are left when those with a rival are gone, and the problems so far. */
interface Gathered {
  readonly objects: readonly SpecObject[]
  readonly mentions: readonly Mention[]
  readonly problems: readonly SpecProblem[]
}

const gather = (files: readonly SpecFile[]): Gathered => {
  const mentions = files.flatMap(({ parsed }) => parsed.mentions)
  const rivals = [...duplicateNames(mentions), ...secondHosts(mentions)]
  const refused = new Set(rivals.map(({ object }) => `${object?.kind}/${object?.name}`))
  return {
    objects: files.flatMap(({ parsed }) => parsed.objects).filter((object) => !refused.has(keyOf(object))),
    mentions,
    problems: [...files.flatMap(({ parsed }) => parsed.problems), ...rivals],
  }
}

const namesOf = (mentions: readonly Mention[], kind: SpecKind): Set<string> =>
  new Set(mentions.filter((mention) => mention.kind === kind).map(({ name }) => name))

const judgeAll = (objects: readonly SpecObject[], surroundings: Surroundings, root: string) => {
  const accounts = new Map<string, LoadedAccount>()
  const problems: SpecProblem[] = []
  for (const object of ofKind(objects, 'Account')) {
    const { name, position } = object
    const verdict = judgeAccount(object, surroundings)
    const findings = [...('findings' in verdict ? verdict.findings : []), ...seedFindings(object, root)]
    problems.push(...findings.map((finding) => problemAt(object, finding)))
    if ('resolved' in verdict && findings.length === 0) {
      accounts.set(name, { name, position, object, resolved: verdict.resolved })
    }
  }
  return { accounts, problems }
}

const unreadableSet = (message: string, catalog: CatalogSpec): SpecSet => ({
  health: 'unreadable',
  message,
  complete: false,
  accounts: new Map(),
  accountNames: new Set(),
  plans: new Map(),
  catalog,
  host: 'invalid',
  problems: [],
})

const hostOf = ({ objects, mentions }: Gathered): SpecSet['host'] => {
  const [host] = ofKind(objects, 'Host')
  return host ?? (mentions.some(({ kind }) => kind === 'Host') ? 'invalid' : 'absent')
}

/**
 * Reads a directory of specs, and judges what it says as a whole. Never throws for what is wrong with it. The verdict
 * does not depend on the order of files.
 */
export const loadSpecs = async (
  directory: string,
  context: SpecContext,
  options: LoadOptions = {},
): Promise<SpecSet> => {
  const read = await readSpecFiles(directory, { schemas: context.schemas, ...options })
  if (!read.readable) return unreadableSet(read.message, context.catalog)
  const files = withoutSeeds(read.files)
  const gathered = gather(files)
  const { objects, mentions } = gathered
  const plans = new Map(ofKind(objects, 'Plan').map((plan) => [plan.name, plan]))
  const { catalog, problems: catalogProblems } = mergeCatalogs(objects, context)
  // A catalog that is left out would change the images of every account.
  const isWhole =
    catalogProblems.length === 0 && namesOf(mentions, 'Catalog').size === ofKind(objects, 'Catalog').length
  const planNames = namesOf(mentions, 'Plan')
  const surroundings = { context, plans, planNames, catalog: isWhole ? catalog : ('invalid' as const) }
  const judged = judgeAll(objects, surroundings, read.root)
  const problems = [...gathered.problems, ...catalogProblems, ...judged.problems].sort(compareProblems)
  return {
    health: mentions.length === 0 && problems.length === 0 ? 'empty' : 'ok',
    message: '',
    complete: files.every(({ parsed }) => parsed.readable),
    accounts: judged.accounts,
    accountNames: namesOf(mentions, 'Account'),
    plans,
    catalog,
    host: hostOf(gathered),
    problems,
  }
}
