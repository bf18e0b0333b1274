import type {
  Backend,
  KindContext,
  Kinds,
  Rendered,
  RenderedRuntime,
  RoutedSite,
  RuntimeSite,
  Upstream,
} from './kind.ts'
import type { ResolvedSite } from './resolved-account.ts'
import type { DesiredContainer } from './resources.ts'

/** A tool, and the host that it is reached by. */
export interface RenderedTool {
  readonly domain: string
  readonly rendered: Rendered
}

export interface RenderedServices {
  /** In the order in which the administrator thinks of them: what others ask comes first. */
  readonly all: readonly Rendered[]
  readonly runtimes: readonly { readonly sites: readonly RuntimeSite[]; readonly rendered: RenderedRuntime }[]
  readonly tools: readonly RenderedTool[]
  /** Answers the edge. */
  readonly entry: DesiredContainer
}

const lookUp = <K>(kinds: ReadonlyMap<string, K>, kind: string): K => {
  const found = kinds.get(kind)
  if (found === undefined) throw new Error(`there is no kind ${kind}`)
  return found
}

const hasRuntime = (site: ResolvedSite): site is RuntimeSite => site.runtime !== 'static'

type Group = [RuntimeSite, ...RuntimeSite[]]

/** Sites by the container that runs their code. */
const groups = (sites: readonly ResolvedSite[], kinds: Kinds): Group[] => {
  const byKey = new Map<string, Group>()
  for (const site of sites.filter(hasRuntime)) {
    const { kind, version } = site.runtime
    const key = JSON.stringify([kind, version, lookUp(kinds.runtimes, kind).groupKey(site)])
    const group = byKey.get(key)
    if (group === undefined) byKey.set(key, [site])
    else group.push(site)
  }
  return [...byKey.values()]
}

const renderWeb = (context: KindContext, kinds: Kinds, upstreams: ReadonlyMap<string, Upstream>): Rendered[] => {
  const { account, allocation } = context
  const { web, httpCache } = account
  const routed: RoutedSite[] = account.sites.map((site) => ({
    site,
    upstream: upstreams.get(site.domain) ?? { type: 'files' },
  }))
  const cacheKind = httpCache === undefined ? undefined : lookUp(kinds.httpCaches, httpCache.kind)
  // Those of caches also while there is none: a cache that comes or goes changes nothing for the web server.
  const frontends = [allocation.hostAddress, ...[...kinds.httpCaches.values()].map(({ address }) => address)]
  const server = lookUp(kinds.webServers, web.kind).render(context, web, routed, frontends)
  if (httpCache === undefined || cacheKind === undefined) return [server]
  return [server, cacheKind.render(context, httpCache, backendOf(server.container))]
}

const backendOf = ({ name, networks, publish }: DesiredContainer): Backend => {
  const [network] = networks
  const [port] = publish
  if (network?.address === undefined || port === undefined) throw new Error(`${name} has no address of its own`)
  return { container: name, address: network.address, port: port.containerPort }
}

/** Every service of an account. Pure. */
export const renderServices = (context: KindContext, kinds: Kinds): RenderedServices => {
  const { sites, databases, caches, tools } = context.account
  const runtimes = groups(sites, kinds).map((group) => ({
    sites: group,
    rendered: lookUp(kinds.runtimes, group[0].runtime.kind).render(context, group),
  }))
  const upstreams = new Map(runtimes.flatMap(({ rendered }) => [...rendered.upstreams]))
  const web = renderWeb(context, kinds, upstreams)
  const entry = web.at(-1)
  if (entry === undefined) throw new Error('an account without a web server')
  const renderedTools = tools.map((tool) => ({
    domain: tool.domain,
    rendered: lookUp(kinds.tools, tool.kind).render(context, tool),
  }))
  return {
    all: [
      ...databases.map((database) => lookUp(kinds.databases, database.kind).render(context, database)),
      ...caches.map((cache) => lookUp(kinds.caches, cache.kind).render(context, cache)),
      ...runtimes.map(({ rendered }) => rendered),
      ...renderedTools.map(({ rendered }) => rendered),
      ...web,
    ],
    runtimes,
    tools: renderedTools,
    entry: entry.container,
  }
}
