import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import { askServer } from './caddy-ask.ts'
import { caddyLayout } from './caddy-layout.ts'
import { ACCESS_LOGGER, loggers } from './caddy-log.ts'
import { errorRoutes, type SiteServer, siteRoutes } from './caddy-routes.ts'
import { tlsApp } from './caddy-tls.ts'
import { certificateLayout } from './certificate-layout.ts'

const siteServer = (server: SiteServer) => ({
  listen: [`:${server.scheme === 'http' ? server.httpPort : server.httpsPort}`],
  routes: siteRoutes(server),
  errors: { routes: errorRoutes },
  // A site is served over both; nothing is derived from routes, and there is nothing in them to derive from.
  automatic_https: { disable: true },
  protocols: server.scheme === 'http' ? ['h1', 'h2'] : ['h1', 'h2', 'h3'],
  logs: { default_logger_name: ACCESS_LOGGER },
  read_header_timeout: '15s',
  idle_timeout: '2m',
  max_header_bytes: 65_536,
})

// Caddy reads braces as placeholders and the rest as globs in the paths it is given.
const plainPath = (path: string): string => {
  if (!/^\/[^{}*?[\]\\\0\n]*$/.test(path)) {
    throw new TerminalError(
      'InvalidHost',
      `The edge can't work below ${JSON.stringify(path)}: use a path without {}*?[]\\`,
    )
  }
  return path
}

/**
 * The whole configuration of Caddy. It depends on the host's settings only, never on a site: sites are entries of the
 * table, looked up for each request. It holds `token`, which nobody but Caddy may know.
 * @throws TerminalError `InvalidHost` when a directory's path has a meaning to Caddy.
 */
export const renderCaddyConfig = (settings: HostSettings, token: string): string => {
  const table = plainPath(hostLayout(settings).edge)
  const { permitted, installed } = certificateLayout(settings)
  const tables = { routes: table, permitted: plainPath(permitted), installed: plainPath(installed) }
  const { storage, adminSocket, log, accessLog } = caddyLayout(settings)
  const common = { httpPort: settings.httpPort, httpsPort: settings.httpsPort, limits: settings, table }
  const config = {
    admin: { listen: `unix/${plainPath(adminSocket)}`, config: { persist: false } },
    storage: { module: 'file_system', root: plainPath(storage) },
    logging: {
      logs: loggers(plainPath(log), plainPath(accessLog)),
    },
    apps: {
      http: {
        http_port: settings.httpPort,
        https_port: settings.httpsPort,
        grace_period: '10s',
        servers: {
          http: siteServer({ ...common, scheme: 'http' }),
          https: { ...siteServer({ ...common, scheme: 'https' }), tls_connection_policies: [{}] },
          ask: askServer(tables, settings.askPort, token),
        },
      },
      tls: tlsApp(settings.askPort, token, settings.tls),
      pki: { certificate_authorities: { local: { name: 'Palisade', install_trust: false } } },
    },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
