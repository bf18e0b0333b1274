import type { Planning } from '../plan-builder.ts'
import { routedHosts } from '../routed-hosts.ts'

export const planRoutes = ({ desired, observed, builder }: Planning): void => {
  for (const route of desired.routes) {
    const seen = observed.routes.get(route.host)
    if (seen === route.entry) continue
    builder.add({
      action: 'publishRoute',
      args: { route },
      target: `route/${route.host}`,
      cause: seen === undefined ? `the edge has no entry for ${route.host}` : `the edge has ${seen} for ${route.host}`,
      // Where no request reaches the tenant nothing of it has to stand.
      ...(route.container === ''
        ? {}
        : {
            needs: [`container/${route.container}`, `nic/${desired.account}`, `site/${route.site}`],
            follows: [`config/${route.container}`],
          }),
    })
  }
}

/** First of all: a host that is no more ours must not be answered. One that another account has by now is left to it. */
export const planStaleRoutes = ({ desired, observed, inventory, builder }: Planning): void => {
  const wanted = new Set(desired.routes.map(({ host }) => host))
  for (const host of routedHosts(inventory)) {
    const isOurs = observed.routes.get(host)?.startsWith(`${desired.allocation.tenantAddress}:`)
    if (wanted.has(host) || isOurs !== true) continue
    builder.add({
      action: 'withdrawRoute',
      args: { host },
      target: `route/${host}`,
      cause: `nothing wants the host ${host} any more`,
    })
  }
}
