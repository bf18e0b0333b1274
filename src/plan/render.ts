import { certificateMode, type DesiredCertificate, isPublic } from './certificates.ts'
import { type EdgeEntry, renderEdgeEntry } from './edge-entry.ts'
import { APP_OWNER, type KindContext, type Kinds } from './kind.ts'
import { networksOf } from './networks.ts'
import { renderJobs } from './render-jobs.ts'
import { type RenderedServices, renderServices } from './render-services.ts'
import type { ResolvedAccount, ResolvedSite } from './resolved-account.ts'
import type {
  Allocation,
  DesiredContainer,
  DesiredRoute,
  DesiredSite,
  DesiredTenant,
  TenantDirectory,
} from './resources.ts'
import { type HostSettings, type TlsSettings, tenantLayout } from './settings.ts'
import { compileZones } from './zones/compile-zones.ts'

const baseDirectories = ({ layout }: KindContext): TenantDirectory[] => {
  const tenant = { uid: 0, gid: 0 }
  const directory = (path: string, mode: string, owner: TenantDirectory['owner']): TenantDirectory => ({
    type: 'directory',
    path,
    mode,
    owner,
    disposable: false,
  })
  const rootOwned = (path: string, mode: string): TenantDirectory => directory(path, mode, 'root')
  return [
    rootOwned(layout.tree, '0750'),
    directory(layout.home, '0700', tenant),
    // The mode that dockerd gives its data at every start.
    directory(layout.engineData, '0710', tenant),
    rootOwned(layout.sites, '0755'),
    rootOwned(layout.data, '0711'),
    rootOwned(layout.config, '0755'),
    rootOwned(layout.secrets, '0711'),
    rootOwned(`${layout.secrets}/app`, '0711'),
    rootOwned(layout.sockets, '0711'),
    rootOwned(`${layout.sockets}/apps`, '0711'),
    rootOwned(`${layout.sockets}/caches`, '0711'),
    rootOwned(layout.logs, '0711'),
    rootOwned(layout.spool, '0711'),
  ]
}

const desiredSite = ({ layout }: KindContext, site: ResolvedSite): DesiredSite => ({
  type: 'site',
  domain: site.domain,
  path: `${layout.sites}/${site.domain}`,
  owner: APP_OWNER,
  ...(site.seed === undefined ? {} : { seed: site.seed }),
})

const upstreamOf = ({ name, publish }: DesiredContainer): string => {
  const [port] = publish
  if (port === undefined) throw new Error(`${name} publishes no port`)
  return `${port.hostAddress}:${port.hostPort}`
}

/** The host's own way: to the site, to the site's domain, or nowhere. */
const answerAt = (host: string, site: ResolvedSite, account: ResolvedAccount): EdgeEntry['answer'] => {
  if (account.suspended || site.suspended) return 'suspended'
  return site.redirectAliases && host !== site.domain ? { redirectTo: site.domain } : 'serve'
}

const siteRoute = (
  host: string,
  site: ResolvedSite,
  account: ResolvedAccount,
  entry: DesiredContainer,
  settings: TlsSettings,
): DesiredRoute => {
  const answer = answerAt(host, site, account)
  const { hsts } = site.tls
  const mode = certificateMode(host, site.tls.mode, settings)
  const redirect = site.tls.redirect ?? isPublic(mode)
  const render = (httpsOnly: boolean): string =>
    renderEdgeEntry({ upstream: upstreamOf(entry), answer, httpsOnly, ...(hsts === undefined ? {} : { hsts }) })
  return {
    type: 'route',
    host,
    site: site.domain,
    entry: render(redirect && mode === 'internal'),
    securedEntry: render(redirect && mode !== 'none'),
    container: answer === 'serve' ? entry.name : '',
  }
}

const toolRoute = (host: string, container: DesiredContainer, account: ResolvedAccount): DesiredRoute => {
  const answer = account.suspended ? 'suspended' : 'serve'
  const entry = renderEdgeEntry({ upstream: upstreamOf(container), answer, httpsOnly: false })
  return {
    type: 'route',
    host,
    site: container.service,
    entry,
    securedEntry: entry,
    container: answer === 'serve' ? container.name : '',
  }
}

const desiredRoutes = (
  { account }: KindContext,
  { entry, tools }: RenderedServices,
  settings: TlsSettings,
): DesiredRoute[] => [
  ...account.sites.flatMap((site) =>
    [site.domain, ...site.aliases].map((host) => siteRoute(host, site, account, entry, settings)),
  ),
  ...tools.map(({ domain, rendered: { container } }) => toolRoute(domain, container, account)),
]

const desiredCertificates = ({ sites, tools }: ResolvedAccount, settings: TlsSettings): DesiredCertificate[] => [
  ...sites.flatMap(({ domain, aliases, tls: { mode, certificate } }) =>
    [domain, ...aliases].map((host) => ({
      host,
      mode: certificateMode(host, mode, settings),
      ...(certificate && { files: certificate }),
    })),
  ),
  ...tools.map(({ domain }) => ({ host: domain, mode: certificateMode(domain, 'default', settings) })),
]

/** Everything that an account should consist of. Pure. */
export const render = (
  account: ResolvedAccount,
  allocation: Allocation,
  settings: HostSettings,
  kinds: Kinds,
): DesiredTenant => {
  const context: KindContext = { account, allocation, layout: tenantLayout(settings, account.name) }
  const services = renderServices(context, kinds)
  const { all } = services
  const routes = desiredRoutes(context, services, settings.tls)
  const zones = compileZones(
    account.zones,
    routes.map(({ host }) => host),
    settings.dns,
  )
  return {
    account: account.name,
    tree: context.layout.tree,
    runtime: account.runtime,
    allocation,
    limits: account.limits,
    io: account.io,
    storage: account.storage,
    bandwidth: account.bandwidth,
    outbound: account.outbound,
    networks: networksOf(allocation),
    directories: [
      ...baseDirectories(context),
      ...all.flatMap(({ directories = [] }) => directories.map((one) => ({ ...one, disposable: true }))),
    ],
    files: all.flatMap(({ files = [] }) => files),
    secrets: all.flatMap(({ secrets = [] }) => secrets),
    sites: account.sites.map((site) => desiredSite(context, site)),
    containers: all.map(({ container }) => container),
    databases: all.flatMap(({ database }) => database ?? []),
    schemas: all.flatMap(({ schemas = [] }) => schemas),
    routes,
    certificates: desiredCertificates(account, settings.tls),
    zones: zones.filter((zone) => zone.type === 'zone'),
    refusedZones: zones.filter((zone) => zone.type === 'refused-zone'),
    jobs: renderJobs(context, services),
  }
}
