import type { ResolvedAccount } from '../plan/resolved-account.ts'
import type { Blocked } from '../plan/steps.ts'

/** Who may be reached by which host name: the first account that claimed it. Claims are recorded, see `AccountRecord`. */
export class Claims {
  readonly #owners = new Map<string, string>()

  /** Takes what records of earlier runs say. */
  restore(account: string, hosts: readonly string[]): void {
    for (const host of hosts) if (!this.#owners.has(host)) this.#owners.set(host, account)
  }

  /** The hosts that the account has from now on, out of those it wants; those it wants no more become free. */
  claim(account: string, wanted: readonly string[]): ReadonlySet<string> {
    const keep = new Set(wanted)
    for (const [host, owner] of this.#owners) if (owner === account && !keep.has(host)) this.#owners.delete(host)
    for (const host of wanted) if (!this.#owners.has(host)) this.#owners.set(host, account)
    return new Set(wanted.filter((host) => this.#owners.get(host) === account))
  }

  release(account: string): void {
    this.claim(account, [])
  }
}

/** Hosts that an account wants to be reached by. */
export const wantedHosts = (account: ResolvedAccount): string[] =>
  account.sites.flatMap(({ domain, aliases }) => [domain, ...aliases])

/** The account without the hosts that another one has. */
export const withGrantedHosts = (
  account: ResolvedAccount,
  granted: ReadonlySet<string>,
): { readonly account: ResolvedAccount; readonly blocked: readonly Blocked[] } => {
  const blocked = wantedHosts(account)
    .filter((host) => !granted.has(host))
    .map((host): Blocked => {
      const message = `${host} belongs to another account: remove it here, or there first`
      return { target: `route/${host}`, reason: 'DomainConflict', message }
    })
  const sites = account.sites
    .filter(({ domain }) => granted.has(domain))
    .map((site) => ({ ...site, aliases: site.aliases.filter((alias) => granted.has(alias)) }))
  return { account: { ...account, sites }, blocked }
}
