import type { CatalogSpec } from '../api/generated/catalog.ts'
import { compareProblems, type SpecProblem } from '../api/problem.ts'
import { type Mention, ofKind, type SpecObject } from '../api/spec-object.ts'
import type { ImagePreference } from '../plan/catalog-lookup.ts'
import type { SpecContext } from './spec-context.ts'
import { duplicateNames, keyOf, secondHosts } from './spec-duplicates.ts'
import { readSpecFiles, type SpecCache, type SpecFile } from './spec-files.ts'
import { imagePreferenceOf } from './spec-host.ts'
import { namesOf, SpecJudge, type Surrounded } from './spec-judge.ts'
import { problemAt } from './spec-problem.ts'
import { seedFindings, withoutSeeds } from './spec-seeds.ts'
import type { LoadedAccount, SpecSet } from './spec-set.ts'

export interface LoadOptions {
  readonly cache?: SpecCache
  readonly judge?: SpecJudge
  /** See {@link SpecFilesOptions.unsettled}. */
  readonly unsettled?: ReadonlySet<string>
  /** What counts while the Host is broken; `recipe` unless told. */
  readonly imagePreference?: ImagePreference
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

const judgeAll = (accounts: readonly SpecObject<'Account'>[], judge: Surrounded['judge'], root: string) => {
  const valid = new Map<string, LoadedAccount>()
  const problems: SpecProblem[] = []
  for (const object of accounts) {
    const { name, position } = object
    const verdict = judge(object)
    // What stands on the disk changes without any file of the specs.
    const seeds = seedFindings(object, root).map((finding) => problemAt(object, finding))
    problems.push(...verdict.problems, ...seeds)
    if (verdict.resolved !== undefined && seeds.length === 0) {
      valid.set(name, { name, position, object, resolved: verdict.resolved })
    }
  }
  return { accounts: valid, problems }
}

const unreadableSet = (message: string, catalog: CatalogSpec, imagePreference: ImagePreference): SpecSet => ({
  health: 'unreadable',
  message,
  complete: false,
  accounts: new Map(),
  accountNames: new Set(),
  plans: new Map(),
  catalog,
  host: 'invalid',
  imagePreference,
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
  const { judge = new SpecJudge(), imagePreference: former = 'recipe', ...filesOptions } = options
  const read = await readSpecFiles(directory, { schemas: context.schemas, ...filesOptions })
  if (!read.readable) return unreadableSet(read.message, context.catalog, former)
  const files = withoutSeeds(read.files)
  const gathered = gather(files)
  const { objects, mentions } = gathered
  const host = hostOf(gathered)
  const imagePreference =
    host === 'invalid' ? former : imagePreferenceOf(host === 'absent' ? undefined : host, context.schemas)
  const surrounded = judge.surround({ ...gathered, imagePreference }, context)
  const { plans, catalog } = surrounded
  const judged = judgeAll(ofKind(objects, 'Account'), surrounded.judge, read.root)
  const problems = [...gathered.problems, ...surrounded.problems, ...judged.problems].sort(compareProblems)
  return {
    health: mentions.length === 0 && problems.length === 0 ? 'empty' : 'ok',
    message: '',
    complete: files.every(({ parsed }) => parsed.readable),
    accounts: judged.accounts,
    accountNames: namesOf(mentions, 'Account'),
    plans,
    catalog,
    host,
    imagePreference,
    problems,
  }
}
