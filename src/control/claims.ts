import type { ResolvedAccount } from '../plan/resolved-account.ts'
import type { Blocked } from '../plan/steps.ts'

/** Who may be reached by which host name: the first account that claimed it. Claims are recorded, see `AccountRecord`. */
export class Claims {
  readonly #owners = new Map<string, string>()
  /** The same by account, so that a pass costs what its own hosts cost. */
  readonly #hosts = new Map<string, Set<string>>()

  /** Takes what records of earlier runs say. */
  restore(account: string, hosts: readonly string[]): void {
    const held = this.#hosts.get(account) ?? new Set()
    for (const host of hosts) {
      if (this.#owners.has(host)) continue
      this.#owners.set(host, account)
      held.add(host)
    }
    this.#hosts.set(account, held)
  }

  /** The hosts that the account has from now on, out of those it wants; those it wants no more become free. */
  claim(account: string, wanted: readonly string[]): ReadonlySet<string> {
    const keep = new Set(wanted)
    const held = [...(this.#hosts.get(account) ?? [])]
    for (const host of held) if (!keep.has(host)) this.#owners.delete(host)
    this.#hosts.set(account, new Set(held.filter((host) => keep.has(host))))
    this.restore(account, wanted)
    return new Set(wanted.filter((host) => this.#owners.get(host) === account))
  }

  release(account: string): void {
    this.claim(account, [])
    this.#hosts.delete(account)
  }
}

/** Hosts that an account wants to be reached by. */
export const wantedHosts = ({ sites, tools }: ResolvedAccount): string[] => [
  ...sites.flatMap(({ domain, aliases }) => [domain, ...aliases]),
  ...tools.map(({ domain }) => domain),
]

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
  const tools = account.tools.filter(({ domain }) => granted.has(domain))
  return { account: { ...account, sites, tools }, blocked }
}
