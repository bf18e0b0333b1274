import type { KindContext, Kinds, Rendered, RoutedSite } from './kind.ts'
import { APP_OWNER } from './kind.ts'
import type { ResolvedAccount, ResolvedService, ResolvedSite } from './resolved-account.ts'
import type {
  Allocation,
  DesiredDirectory,
  DesiredNetwork,
  DesiredRoute,
  DesiredSite,
  DesiredTenant,
} from './resources.ts'
import { type HostSettings, tenantLayout } from './settings.ts'

/** Every tenant has its own network namespace, so all use the same subnets. */
const NETWORKS: readonly DesiredNetwork[] = [
  { type: 'network', name: 'www', subnet: '172.30.0.0/24', internal: false },
  { type: 'network', name: 'db', subnet: '172.30.1.0/24', internal: true },
]

const ENTRY_PORT = 80

const baseDirectories = ({ layout }: KindContext): DesiredDirectory[] => {
  const tenant = { uid: 0, gid: 0 }
  const rootOwned = (path: string, mode: string): DesiredDirectory => ({ type: 'directory', path, mode, owner: 'root' })
  const tenantOwned = (path: string): DesiredDirectory => ({ type: 'directory', path, mode: '0700', owner: tenant })
  return [
    rootOwned(layout.tree, '0750'),
    tenantOwned(layout.home),
    // The mode that dockerd gives its data at every start.
    { type: 'directory', path: layout.engineData, mode: '0710', owner: tenant },
    rootOwned(layout.sites, '0755'),
    rootOwned(layout.data, '0711'),
    rootOwned(layout.config, '0755'),
    rootOwned(layout.secrets, '0711'),
    { type: 'directory', path: `${layout.secrets}/app`, mode: '0711', owner: 'root' },
    rootOwned(layout.sockets, '0711'),
    { type: 'directory', path: `${layout.sockets}/fpm`, mode: '0711', owner: 'root' },
    rootOwned(layout.logs, '0711'),
  ]
}

const desiredSite = ({ layout }: KindContext, site: ResolvedSite): DesiredSite => ({
  type: 'site',
  domain: site.domain,
  path: `${layout.sites}/${site.domain}`,
  owner: APP_OWNER,
  ...(site.seed === undefined ? {} : { seed: site.seed }),
})

const serviceKey = ({ kind, version }: ResolvedService): string => `${kind}-${version}`

const lookUp = <K>(kinds: ReadonlyMap<string, K>, { kind }: ResolvedService): K => {
  const found = kinds.get(kind)
  if (found === undefined) throw new Error(`there is no kind ${kind}`)
  return found
}

const renderServices = (context: KindContext, kinds: Kinds): Rendered[] => {
  const { web, sites, databases } = context.account
  const runtimes = new Map<string, ResolvedService>()
  for (const { runtime } of sites) if (runtime !== 'static') runtimes.set(serviceKey(runtime), runtime)
  const routed: RoutedSite[] = sites.map((site) => ({
    site,
    upstream:
      site.runtime === 'static' ? { type: 'files' } : lookUp(kinds.runtimes, site.runtime).upstream(site.runtime),
  }))
  return [
    ...databases.map((database) => lookUp(kinds.databases, database).render(context, database)),
    ...[...runtimes.values()].map((runtime) => lookUp(kinds.runtimes, runtime).render(context, runtime)),
    lookUp(kinds.webServers, web).render(context, web, routed),
  ]
}

/** Everything that an account should consist of. Pure. */
export const render = (
  account: ResolvedAccount,
  allocation: Allocation,
  settings: HostSettings,
  kinds: Kinds,
): DesiredTenant => {
  const context: KindContext = { account, allocation, layout: tenantLayout(settings, account.name) }
  const services = renderServices(context, kinds)
  const entry = services.at(-1)?.container.name ?? account.web.kind
  const upstream = `${allocation.tenantAddress}:${ENTRY_PORT}`
  return {
    account: account.name,
    tree: context.layout.tree,
    allocation,
    limits: account.limits,
    networks: NETWORKS,
    directories: [...baseDirectories(context), ...services.flatMap(({ directories = [] }) => directories)],
    files: services.flatMap(({ files = [] }) => files),
    secrets: services.flatMap(({ secrets = [] }) => secrets),
    sites: account.sites.map((site) => desiredSite(context, site)),
    containers: services.map(({ container }) => container),
    databases: services.flatMap(({ database }) => database ?? []),
    schemas: services.flatMap(({ schemas = [] }) => schemas),
    routes: account.sites.flatMap(({ domain, aliases }) =>
      [domain, ...aliases].map(
        (host): DesiredRoute => ({ type: 'route', host, site: domain, upstream, service: entry }),
      ),
    ),
  }
}
