import type { DatabaseKind } from '../plan/kind.ts'
import type { ResolvedAccount, ResolvedDatabase } from '../plan/resolved-account.ts'
import type { DesiredDatabase } from '../plan/resources.ts'
import type { AnyStep, Blocked, Plan, ResourceId } from '../plan/steps.ts'
import type { AccountRecord, DataVersions } from '../ports/store.ts'

const numbersOf = (version: string): number[] =>
  version
    .split(/[.-]/)
    .map((part) => Number.parseInt(part, 10))
    .filter((number) => !Number.isNaN(number))

/** Negative when `a` is the older of the two, number by number; `8.4` is older than `8.4.1`. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Why a version must not be started on the data as it is. */
const refusal = ({ kind, version }: ResolvedDatabase, served: string, engine: DatabaseKind | undefined) => {
  if (compareVersions(version, served) < 0) {
    const wayOut = `dump its schemas in ${served}, take it out of the spec with removedData: delete, and restore them in ${version}`
    return { reason: 'DowngradeRefused', message: `${kind} ${version} can't open the data of ${served}: ${wayOut}` }
  }
  const wayOut = engine?.upgradeObstacle(served, version)
  if (wayOut === undefined) return undefined
  return { reason: 'UpgradeRefused', message: `${kind} ${version} can't open the data of ${kind} ${served}: ${wayOut}` }
}

export interface ServableInput {
  /** Versions that the data of each engine was last served with. */
  readonly served: DataVersions
  /** What the account came to before. */
  readonly inForce: ResolvedAccount | undefined
  readonly kinds: ReadonlyMap<string, DatabaseKind>
}

/**
 * The account with databases that can open the data that is there. One whose version can't goes on in the version that is
 * in force, with everything else that is wanted of it; where none is in force it is left out, and so is its phpMyAdmin.
 */
export const withServableDatabases = (
  wanted: ResolvedAccount,
  { served, inForce, kinds }: ServableInput,
): { readonly account: ResolvedAccount; readonly blocked: readonly Blocked[] } => {
  const blocked: Blocked[] = []
  const databases = wanted.databases.flatMap((database): ResolvedDatabase[] => {
    const { kind } = database
    const version = served[kind]
    const refused = version === undefined ? undefined : refusal(database, version, kinds.get(kind))
    if (refused === undefined) return [database]
    blocked.push({ target: `container/${kind}`, ...refused })
    const former = inForce?.databases.find((one) => one.kind === kind)
    return former === undefined ? [] : [{ ...database, version: former.version, image: former.image }]
  })
  if (blocked.length === 0) return { account: wanted, blocked }
  const standing = new Set(databases.map(({ kind }) => kind))
  const isIdle = (subject: string): boolean =>
    !standing.has(subject) && wanted.databases.some(({ kind }) => kind === subject)
  const tools = wanted.tools.filter(({ subject }) => !isIdle(subject))
  return { account: { ...wanted, databases, tools }, blocked }
}

const startsOf = (steps: readonly AnyStep[], databases: readonly DesiredDatabase[]): DesiredDatabase[] => {
  const started = new Set(
    steps.flatMap((step) => {
      if (step.action === 'createContainer') return [step.args.container.name]
      return step.action === 'startContainer' ? [step.args.name] : []
    }),
  )
  return databases.filter(({ service }) => started.has(service))
}

/** What data is served with once the plan has begun: to be recorded before, since a newer server upgrades at its start. */
export const versionsBegun = (
  former: DataVersions,
  plan: Plan,
  databases: readonly DesiredDatabase[],
): DataVersions => ({
  ...former,
  ...Object.fromEntries(startsOf(plan.steps, databases).map(({ engine, version }) => [engine, version])),
})

/** The same after the plan: a server whose start was never tried has touched nothing. */
export const versionsServed = (
  { former, begun }: { readonly former: DataVersions; readonly begun: DataVersions },
  untried: readonly AnyStep[],
  databases: readonly DesiredDatabase[],
): DataVersions => {
  const engines = new Set<string>(startsOf(untried, databases).map(({ engine }) => engine))
  return Object.fromEntries(
    Object.entries(begun).flatMap(([engine, version]) => {
      const known = engines.has(engine) ? former[engine] : version
      return known === undefined ? [] : [[engine, known]]
    }),
  )
}

/** The record without what is gone: with the data of an engine go its version and the schemas that were in it. */
export const withoutData = (record: AccountRecord, gone: ReadonlySet<ResourceId>): AccountRecord => {
  const isLost = (engine: string | undefined): boolean => gone.has(`directory/data/${engine}`)
  const isGone = (id: ResourceId): boolean => gone.has(id) || (id.startsWith('schema/') && isLost(id.split('/')[1]))
  return {
    ...record,
    inventory: record.inventory.filter((id) => !isGone(id)),
    dataVersions: Object.fromEntries(Object.entries(record.dataVersions).filter(([engine]) => !isLost(engine))),
  }
}
