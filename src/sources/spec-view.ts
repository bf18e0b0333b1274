import type { Host } from '../api/generated/host.ts'
import { formatProblem } from '../api/problem.ts'
import { wantedHosts } from '../control/claims.ts'
import type { Specs, SpecVerdict } from '../control/specs.ts'
import { canonicalJson, sha256 } from '../plan/digest.ts'
import type { DeletionPolicy, HostSettings } from '../plan/settings.ts'
import { loadSpecs } from './load-specs.ts'
import type { SpecContext } from './spec-context.ts'
import type { SpecCache } from './spec-files.ts'
import { type HostFlags, resolveHost } from './spec-host.ts'
import { readRevision } from './spec-revision.ts'
import { problemsOf, type SpecSet } from './spec-set.ts'

/** One reading of a directory, and the commit it is of. */
interface Reading {
  readonly set: SpecSet
  readonly revision: string | undefined
}

const read = async (
  directory: string,
  context: SpecContext,
  cache: SpecCache,
  unsettled: ReadonlySet<string>,
): Promise<Reading> => {
  const [set, revision] = await Promise.all([
    loadSpecs(directory, context, { cache, unsettled }),
    readRevision(directory),
  ])
  return { set, revision }
}

/** A spec directory as it was read last, and what that says of each account. */
export class SpecView implements Specs {
  readonly #directory: string
  readonly #context: SpecContext
  readonly #cache: SpecCache
  #reading: Reading
  /** Digest of what is said of each account, to tell what changed. */
  #verdicts: ReadonlyMap<string, string>

  private constructor(directory: string, context: SpecContext, cache: SpecCache, reading: Reading) {
    this.#directory = directory
    this.#context = context
    this.#cache = cache
    this.#reading = reading
    this.#verdicts = this.#judge(reading.set.accountNames)
  }

  static async open(directory: string, context: SpecContext): Promise<SpecView> {
    const cache: SpecCache = new Map()
    return new SpecView(directory, context, cache, await read(directory, context, cache, new Set()))
  }

  /** Reads what changed; answers the accounts of which something else is said than before. */
  async reload(unsettled: ReadonlySet<string> = new Set()): Promise<readonly string[]> {
    this.#reading = await read(this.#directory, this.#context, this.#cache, unsettled)
    const before = this.#verdicts
    const names = new Set([...before.keys(), ...this.#set.accountNames])
    this.#verdicts = this.#judge(names)
    return [...names].filter((name) => before.get(name) !== this.#verdicts.get(name))
  }

  get #set(): SpecSet {
    return this.#reading.set
  }

  #judge(names: ReadonlySet<string>): ReadonlyMap<string, string> {
    return new Map([...names].map((name) => [name, sha256(canonicalJson(this.find(name)))]))
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
  images(): ReadonlySet<string> {
    const services = [...this.#set.accounts.values()].flatMap(({ resolved: { web, sites, databases } }) => [
      web,
      ...sites.flatMap(({ runtime }) => (runtime === 'static' ? [] : [runtime])),
      ...databases,
    ])
    return new Set(services.map(({ image }) => image))
  }

  /** Host names that an account asks for. */
  hosts(account: string): readonly string[] {
    const loaded = this.#set.accounts.get(account)
    return loaded === undefined ? [] : wantedHosts(loaded.resolved)
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
  deletionPolicy(inForce: HostSettings): DeletionPolicy {
    return this.settings(inForce) ?? inForce
  }
}
