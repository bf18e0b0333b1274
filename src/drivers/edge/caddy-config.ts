import { type HostSettings, hostLayout } from '../../plan/settings.ts'
import { TerminalError } from '../../ports/errors.ts'
import { caddyLayout } from './caddy-layout.ts'
import { hostNamePattern, upstreamPattern } from './names.ts'
import { errorPage, unknownHostPage } from './pages.ts'

const html = (status: number | string, body: string, headers: Record<string, string[]> = {}) => ({
  handler: 'static_response',
  status_code: status,
  headers: {
    'Content-Type': ['text/html; charset=utf-8'],
    'Cache-Control': ['no-store'],
    ...headers,
  },
  body,
})

// An entry that is renamed between Caddy's reading of the directory and its opening of the entry is looked for again.
// A host without a directory costs one system call per look.
const looks = 6

const lookUp = (table: string, host: string) => ({
  file: { root: table, try_files: Array.from({ length: looks }, () => `/${host}/*`) },
})

// Host names mean the same in any case and with a dot at the end; the table holds one spelling.
const normaliseHost = {
  match: [{ header_regexp: { Host: { pattern: '[A-Z]|\\.(:[0-9]*)?$' } } }],
  handle: [
    {
      handler: 'headers',
      request: {
        replace: {
          Host: [
            { search_regexp: '\\.(:[0-9]*)?$', replace: '$1' },
            ...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => ({
              search: letter,
              replace: letter.toLowerCase(),
            })),
          ],
        },
      },
    },
  ],
}

// A set of matchers has no order: what is matched one after the other stands in routes within routes. A request that
// `matcher` does not take goes on behind them.
const subroute = (matcher: object, handle: readonly object[]) => ({
  handler: 'subroute',
  routes: [{ match: [matcher], handle }],
})

const isUpstreamEntry = {
  vars_regexp: {
    '{http.matchers.file.relative}': { name: 'entry', pattern: `^/?${hostNamePattern}/(${upstreamPattern})$` },
  },
}

// A tenant's entry that is being replaced is back in a moment, or another one takes its place: a connection that is
// refused is tried again for a second, and then the host is looked for anew, five times. Caddy 2.6 has no body left to send
// then: such a request is answered with 503.
const attempts = 5

const proxyToEntry = [
  {
    handler: 'reverse_proxy',
    upstreams: [{ dial: '{http.regexp.entry.1}' }],
    load_balancing: { try_duration: '1s', try_interval: '50ms' },
    transport: {
      protocol: 'http',
      compression: false,
      dial_timeout: '3s',
      response_header_timeout: '5m',
      keep_alive: { idle_timeout: '30s', max_idle_conns_per_host: 32 },
    },
  },
]

// Nothing was sent over a connection that never stood.
const isDialFailure = { vars_regexp: { '{http.error.message}': { name: 'dial', pattern: '^dial |: dial ' } } }

const sameError = { handler: 'error', status_code: '{http.error.status_code}', error: '{http.error.message}' }

const proxyHost = (table: string, left: number): object => ({
  handler: 'subroute',
  routes: [
    { match: [lookUp(table, '{http.regexp.edge.1}')], handle: [subroute(isUpstreamEntry, proxyToEntry)] },
    ...(left === attempts ? [] : [{ handle: [html(404, unknownHostPage)] }]),
  ],
  ...(left === 1
    ? {}
    : {
        errors: {
          routes: [
            { match: [isDialFailure], handle: [proxyHost(table, left - 1)], terminal: true },
            { handle: [sameError] },
          ],
        },
      }),
})

const siteRoutes = (table: string) => [
  normaliseHost,
  {
    match: [{ header_regexp: { Host: { name: 'edge', pattern: `^(${hostNamePattern})(?::[0-9]+)?$` } } }],
    handle: [proxyHost(table, attempts)],
  },
  { handle: [html(404, unknownHostPage)] },
]

const errorRoutes = [
  {
    match: [{ expression: '{http.error.status_code} in [502, 503, 504]' }],
    handle: [html(503, errorPage, { 'Retry-After': ['5'] })],
  },
  { handle: [{ handler: 'static_response', status_code: '{http.error.status_code}' }] },
]

const siteServer = (table: string, port: number) => ({
  listen: [`:${port}`],
  routes: siteRoutes(table),
  errors: { routes: errorRoutes },
  // A site is served over both; nothing is derived from routes, and there is nothing in them to derive from.
  automatic_https: { disable: true },
  protocols: ['h1', 'h2'],
  read_header_timeout: '15s',
  idle_timeout: '2m',
  max_header_bytes: 65_536,
})

const askServer = (table: string, askPort: number) => ({
  listen: [`127.0.0.1:${askPort}`],
  automatic_https: { disable: true },
  protocols: ['h1'],
  routes: [
    {
      match: [
        { vars_regexp: { '{http.request.uri.query.domain}': { name: 'ask', pattern: `^(${hostNamePattern})$` } } },
      ],
      handle: [subroute(lookUp(table, '{http.regexp.ask.1}'), [{ handler: 'static_response', status_code: 200 }])],
    },
    { handle: [{ handler: 'static_response', status_code: 404 }] },
  ],
})

const tls = (askPort: number) => ({
  automation: {
    policies: [
      { subjects: ['localhost', '*.localhost', '*.*.localhost'], issuers: [{ module: 'internal' }], on_demand: true },
      { issuers: [{ module: 'acme' }], on_demand: true },
    ],
    on_demand: { ask: `http://127.0.0.1:${askPort}/` },
  },
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
 * table, looked up for each request.
 * @throws TerminalError `InvalidHost` when a directory's path has a meaning to Caddy.
 */
export const renderCaddyConfig = (settings: HostSettings): string => {
  const table = plainPath(hostLayout(settings).edge)
  const { storage, adminSocket, log } = caddyLayout(settings)
  const config = {
    admin: { listen: `unix/${plainPath(adminSocket)}`, config: { persist: false } },
    storage: { module: 'file_system', root: plainPath(storage) },
    logging: {
      logs: {
        default: {
          level: 'WARN',
          writer: { output: 'file', filename: plainPath(log), roll_size_mb: 10, roll_keep: 3 },
        },
      },
    },
    apps: {
      http: {
        http_port: settings.httpPort,
        https_port: settings.httpsPort,
        grace_period: '10s',
        servers: {
          http: siteServer(table, settings.httpPort),
          https: { ...siteServer(table, settings.httpsPort), tls_connection_policies: [{}] },
          ask: askServer(table, settings.askPort),
        },
      },
      tls: tls(settings.askPort),
      pki: { certificate_authorities: { local: { name: 'Palisade', install_trust: false } } },
    },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
