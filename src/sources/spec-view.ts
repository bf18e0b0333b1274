import type { Host } from '../api/generated/host.ts'
import { formatProblem } from '../api/problem.ts'
import { wantedNames } from '../control/granted-hosts.ts'
import type { Specs, SpecVerdict } from '../control/specs.ts'
import { type ImagePreference, offeredServices } from '../plan/catalog-lookup.ts'
import { canonicalJson } from '../plan/digest.ts'
import { imagesOf, type ResolvedService } from '../plan/resolved-account.ts'
import type { DesiredImage } from '../plan/resources.ts'
import type { DeletionPolicy, HostSettings, RegistrySettings } from '../plan/settings.ts'
import { loadSpecs } from './load-specs.ts'
import type { SpecContext } from './spec-context.ts'
import type { SpecCache } from './spec-files.ts'
import { type HostFlags, resolveHost } from './spec-host.ts'
import { SpecJudge } from './spec-judge.ts'
import { readRevision } from './spec-revision.ts'
import { problemsOf, type SpecSet } from './spec-set.ts'

/** One reading of a directory, and the commit it is of. */
interface Reading {
  readonly set: SpecSet
  readonly revision: string | undefined
}

/** Reads one directory again and again, each time only what changed. */
const createReader = (directory: string, context: SpecContext, former: ImagePreference) => {
  const cache: SpecCache = new Map()
  const judge = new SpecJudge()
  let imagePreference = former
  return async (unsettled: ReadonlySet<string>): Promise<Reading> => {
    const [set, revision] = await Promise.all([
      loadSpecs(directory, context, { cache, judge, unsettled, imagePreference }),
      readRevision(directory),
    ])
    imagePreference = set.imagePreference
    return { set, revision }
  }
}

/** Of an account that was not judged again the very same objects are said, which spares the look at all of them. */
const saysSame = (before: SpecVerdict, now: SpecVerdict): boolean =>
  (before.state === 'valid' && now.state === 'valid' && before.resolved === now.resolved && before.spec === now.spec) ||
  canonicalJson(before) === canonicalJson(now)

/** A spec directory as it was read last, and what that says of each account. */
export class SpecView implements Specs {
  readonly #directory: string
  readonly #context: SpecContext
  readonly #read: ReturnType<typeof createReader>
  #reading: Reading
  /** Accounts of which anything was said in the last reading but that they are absent. */
  #known: ReadonlySet<string>

  private constructor(
    directory: string,
    context: SpecContext,
    read: ReturnType<typeof createReader>,
    reading: Reading,
  ) {
    this.#directory = directory
    this.#context = context
    this.#read = read
    this.#reading = reading
    this.#known = reading.set.accountNames
  }

  /** `former` counts while the Host is broken from the start. */
  static async open(
    directory: string,
    context: SpecContext,
    former: Pick<HostSettings, 'imagePreference'> = { imagePreference: 'recipe' },
  ): Promise<SpecView> {
    const read = createReader(directory, context, former.imagePreference)
    return new SpecView(directory, context, read, await read(new Set()))
  }

  /** Reads what changed; answers the accounts of which something else is said than before. */
  async reload(unsettled: ReadonlySet<string> = new Set()): Promise<readonly string[]> {
    const reading = await this.#read(unsettled)
    const names = [...new Set([...this.#known, ...reading.set.accountNames])]
    const before = names.map((name): [string, SpecVerdict] => [name, this.find(name)])
    this.#reading = reading
    this.#known = new Set(names.filter((name) => this.find(name).state !== 'absent'))
    return before.filter(([name, verdict]) => !saysSame(verdict, this.find(name))).map(([name]) => name)
  }

  get #set(): SpecSet {
    return this.#reading.set
  }

  find(account: string): SpecVerdict {
    const { health, complete, accounts, accountNames } = this.#set
    if (health !== 'ok') return { state: 'unknown', message: this.#silence() }
    const loaded = accounts.get(account)
    if (loaded !== undefined) return { state: 'valid', resolved: loaded.resolved, spec: loaded.object.value.spec }
    if (accountNames.has(account)) {
      const problems = problemsOf(this.#set, 'Account', account)
      return { state: 'invalid', reason: problems[0]?.reason ?? 'InvalidSpec', problems: problems.map(formatProblem) }
    }
    if (!complete) return { state: 'unknown', message: 'a file that can not be read may be about it' }
    return { state: 'absent' }
  }

  /** Why nothing can be said of any account. */
  #silence(): string {
    const { health, message } = this.#set
    if (health === 'unreadable') return message
    return `${this.#directory} holds no object at all, which is never taken for a deletion: to end the last account, leave a Host or a Plan there`
  }

  names(): ReadonlySet<string> {
    return this.#set.accountNames
  }

  revision(): string | undefined {
    return this.#reading.revision
  }

  /** Everything that is wrong, one line each. */
  problems(): readonly string[] {
    const { health, problems } = this.#set
    return health === 'ok' ? problems.map(formatProblem) : [this.#silence()]
  }

  /** Images that valid accounts ask for. */
  images(): readonly DesiredImage[] {
    const images = [...this.#set.accounts.values()].flatMap(({ resolved }) => imagesOf(resolved))
    return [...new Map(images.map((image) => [image.name, image])).values()]
  }

  /** Everything that the catalog offers, whether an account asks for it or not. */
  offered(): readonly ResolvedService[] {
    const { catalog, imagePreference } = this.#set
    return offeredServices({ catalog, imagePreference, images: this.#context.images })
  }

  /** Names of hosts and zones that an account asks for. */
  hosts(account: string): readonly string[] {
    const loaded = this.#set.accounts.get(account)
    return loaded === undefined ? [] : wantedNames(loaded.resolved)
  }

  /** The Host's settings as they are written now; undefined while its file is broken. */
  settings(flags: HostFlags): HostSettings | undefined {
    const { host, health } = this.#set
    if (host === 'invalid' || health === 'unreadable') return undefined
    return resolveHost(host === 'absent' ? undefined : host, flags, this.#context.schemas)
  }

  /** The Host as it is written; undefined when there is none, or a broken one. */
  hostObject(): Host | undefined {
    const { host } = this.#set
    return typeof host === 'string' ? undefined : host.value
  }

  /** As written now, or, while the Host's file is broken, as in `inForce`. */
  registry(inForce: HostSettings): RegistrySettings {
    return this.settings(inForce) ?? inForce
  }

  /** As written now, or, while the Host's file is broken, as in `inForce`. */
  deletionPolicy(inForce: HostSettings): DeletionPolicy {
    return this.settings(inForce) ?? inForce
  }
}
