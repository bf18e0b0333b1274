import type { ResolvedAccount } from '../plan/resolved-account.ts'
import type { Blocked } from '../plan/steps.ts'
import type { Refusal } from './claims.ts'

/** Hosts that an account wants to be reached by. */
export const wantedHosts = ({ sites, tools }: ResolvedAccount): string[] => [
  ...sites.flatMap(({ domain, aliases }) => [domain, ...aliases]),
  ...tools.map(({ domain }) => domain),
]

/** All names that an account wants for itself: those hosts, and its zones. */
export const wantedNames = (account: ResolvedAccount): string[] => [
  ...new Set([...wantedHosts(account), ...account.zones.map(({ name }) => name)]),
]

const WORDS: Readonly<Record<Refusal, string>> = {
  DomainConflict: 'belongs to another account, or has to do with a name of one: remove it here, or there first',
  DomainReserved: 'is reserved for the host itself: choose another name',
}

/** The account without the hosts that it may not have. */
export const withGrantedHosts = (
  account: ResolvedAccount,
  refusals: ReadonlyMap<string, Refusal>,
): { readonly account: ResolvedAccount; readonly blocked: readonly Blocked[] } => {
  const zoneNames = new Set(account.zones.map(({ name }) => name))
  const blocked = [...refusals].map(([name, reason]): Blocked => {
    const target = zoneNames.has(name) ? (`zone/${name}` as const) : (`route/${name}` as const)
    return { target, reason, message: `${name} ${WORDS[reason]}` }
  })
  const isGranted = (host: string): boolean => !refusals.has(host)
  const sites = account.sites
    .filter(({ domain }) => isGranted(domain))
    .map((site) => ({ ...site, aliases: site.aliases.filter(isGranted) }))
  const tools = account.tools.filter(({ domain }) => isGranted(domain))
  const zones = account.zones.filter(({ name }) => isGranted(name))
  return { account: { ...account, sites, tools, zones }, blocked }
}
