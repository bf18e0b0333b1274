import { registrableDomain } from '../api/registrable-domain.ts'

/** A host name, and an account that it is with. */
export interface Borne {
  readonly account: string
  readonly name: string
}

/** The name, and those above it down to the one that somebody registered: what is above that belongs to nobody. */
export const lineOf = (name: string): string[] => {
  const registered = registrableDomain(name) ?? name
  const line = [name]
  for (let above = name; above !== registered; ) {
    above = above.slice(above.indexOf('.') + 1)
    line.push(above)
  }
  return line
}

/**
 * Host names by account, found by a name, by what stands above it and by what stands below. Costs what the names
 * concerned cost, however many others there are.
 */
export class NameIndex {
  readonly #names = new Map<string, ReadonlySet<string>>()
  readonly #accounts = new Map<string, Set<string>>()
  /** By a name: names that stand below it. */
  readonly #below = new Map<string, Set<string>>()

  of(account: string): ReadonlySet<string> {
    return this.#names.get(account) ?? new Set()
  }

  set(account: string, names: Iterable<string>): void {
    const next = new Set(names)
    const former = this.of(account)
    for (const name of former) if (!next.has(name)) this.#remove(account, name)
    for (const name of next) if (!former.has(name)) this.#add(account, name)
    if (next.size === 0) this.#names.delete(account)
    else this.#names.set(account, next)
  }

  /** Who has the very name, a name above it, or a name below it. */
  *related(name: string): Generator<Borne> {
    for (const other of [...lineOf(name), ...(this.#below.get(name) ?? [])])
      for (const account of this.#accounts.get(other) ?? []) yield { account, name: other }
  }

  #add(account: string, name: string): void {
    const accounts = this.#accounts.get(name)
    if (accounts !== undefined) {
      accounts.add(account)
      return
    }
    this.#accounts.set(name, new Set([account]))
    for (const above of lineOf(name).slice(1)) {
      const below = this.#below.get(above)
      if (below === undefined) this.#below.set(above, new Set([name]))
      else below.add(name)
    }
  }

  #remove(account: string, name: string): void {
    const accounts = this.#accounts.get(name)
    accounts?.delete(account)
    if (accounts === undefined || accounts.size > 0) return
    this.#accounts.delete(name)
    for (const above of lineOf(name).slice(1)) {
      const below = this.#below.get(above)
      below?.delete(name)
      if (below?.size === 0) this.#below.delete(above)
    }
  }
}
