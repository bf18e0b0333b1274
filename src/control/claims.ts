import type { DomainRules } from '../plan/settings.ts'
import { lineOf, NameIndex } from './name-index.ts'

/** Why an account may not have a host name. */
export type Refusal = 'DomainConflict' | 'DomainReserved'

/** Accounts to look at again: a name that they were refused may be free now. */
export type OnFreed = (accounts: ReadonlySet<string>) => void

/** By account and name. */
type Verdicts = Map<string, Refusal | undefined>

/** Stands in rules for the host itself. */
const NOBODY = ''

const ownersOf = ({ assigned, reserved }: DomainRules): ReadonlyMap<string, string> =>
  new Map([
    ...assigned.map(({ domain, account }): [string, string] => [domain, account]),
    ...reserved.map((domain): [string, string] => [domain, NOBODY]),
  ])

/**
 * Who may be reached by which host name. A name belongs to the first account that claimed it, and so does what stands
 * below it; nobody else gets a name above it either. What the Host assigns or reserves goes before any claim. Of accounts
 * that want a free name at the same time the first by the alphabet gets it, in whatever order they come. Claims are
 * recorded, see `AccountRecord`.
 */
export class Claims {
  readonly #held = new NameIndex()
  readonly #wanted = new NameIndex()
  readonly #refused = new NameIndex()
  #owners: ReadonlyMap<string, string> = new Map()
  readonly #onFreed: OnFreed

  constructor(onFreed: OnFreed = () => {}) {
    this.#onFreed = onFreed
  }

  /** Takes what records of earlier runs say; of two that say the same the first. */
  restore(account: string, hosts: readonly string[]): void {
    const others = (name: string) =>
      [...this.#held.related(name)].some((held) => held.name === name && held.account !== account)
    this.#held.set(account, [...this.#held.of(account), ...hosts.filter((name) => !others(name))])
  }

  /** What the Host says now. */
  rule(rules: DomainRules): void {
    this.#owners = ownersOf(rules)
  }

  /** What the valid spec of an account asks for now, whether it gets it or not. */
  want(account: string, names: readonly string[]): void {
    const former = this.#wanted.of(account)
    this.#wanted.set(account, names)
    this.#tell(account, former, this.#wanted.of(account))
  }

  /** Why an account may not have names that it wants. Changes nothing. */
  judge(account: string, wanted: readonly string[]): ReadonlyMap<string, Refusal> {
    const known: Verdicts = new Map()
    return new Map(
      wanted.flatMap((name) => {
        const refusal = this.#judge(account, name, known)
        return refusal === undefined ? [] : [[name, refusal] as const]
      }),
    )
  }

  /**
   * Gives the account what it may have of what it wants. Of what it has and wants no more it keeps what is `still` in use;
   * the rest becomes free.
   */
  claim(account: string, wanted: readonly string[], still: readonly string[] = []): ReadonlyMap<string, Refusal> {
    const refusals = this.judge(account, wanted)
    const former = this.#held.of(account)
    const granted = wanted.filter((name) => !refusals.has(name))
    this.#held.set(account, [...granted, ...still.filter((name) => former.has(name))])
    this.#refused.set(account, refusals.keys())
    this.#tell(account, former, this.#held.of(account))
    return refusals
  }

  /** Lets go of what the account has beside these. */
  keep(account: string, hosts: readonly string[]): void {
    const former = this.#held.of(account)
    this.#held.set(
      account,
      hosts.filter((name) => former.has(name)),
    )
    this.#tell(account, former, this.#held.of(account))
  }

  release(account: string): void {
    this.claim(account, [])
  }

  #judge(account: string, name: string, known: Verdicts): Refusal | undefined {
    const key = `${account}/${name}`
    if (known.has(key)) return known.get(key)
    const refusal = this.#refusal(account, name, known)
    known.set(key, refusal)
    return refusal
  }

  #refusal(account: string, name: string, known: Verdicts): Refusal | undefined {
    const owner = this.#ownerByRule(name)
    if (owner === NOBODY) return 'DomainReserved'
    if (owner !== undefined)
      return owner === account && !this.#isHeldByOther(account, name) ? undefined : 'DomainConflict'
    if (this.#held.of(account).has(name)) return undefined
    const isTaken = this.#isOutOfReach(account, name) || this.#isAwaitedBefore(account, name, known)
    return isTaken ? 'DomainConflict' : undefined
  }

  /** Whom the Host gives the name, by the nearest of its rules. */
  #ownerByRule(name: string): string | undefined {
    if (this.#owners.size === 0) return undefined
    const ruled = lineOf(name).find((above) => this.#owners.has(above))
    return ruled === undefined ? undefined : this.#owners.get(ruled)
  }

  /** Until it has let go of it. */
  #isHeldByOther(account: string, name: string): boolean {
    return [...this.#held.related(name)].some((held) => held.name === name && held.account !== account)
  }

  /** Whether it bars what is above and below it: what the Host gives away is an exception of its own. */
  #bars(other: string, name: string): boolean {
    return other === name || this.#ownerByRule(other) === undefined
  }

  #isOutOfReach(account: string, name: string): boolean {
    for (const held of this.#held.related(name))
      if (held.account !== account && this.#bars(held.name, name)) return true
    return false
  }

  /** Whether an account before this one wants the name, or one above or below it, and will get it. */
  #isAwaitedBefore(account: string, name: string, known: Verdicts): boolean {
    for (const other of this.#wanted.related(name)) {
      const bars = other.account < account && this.#bars(other.name, name)
      if (bars && this.#judge(other.account, other.name, known) === undefined) return true
    }
    return false
  }

  /** Those who were refused a name that has to do with one that is free now. */
  #tell(account: string, former: ReadonlySet<string>, now: ReadonlySet<string>): void {
    const told = new Set<string>()
    for (const name of former)
      if (!now.has(name)) for (const refused of this.#refused.related(name)) told.add(refused.account)
    told.delete(account)
    if (told.size > 0) this.#onFreed(told)
  }
}
