import { lookUp, subroute } from './caddy-lookup.ts'
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

/** What happens to a request, by what the table says of its host. */
export const siteRoutes = (table: string) => [
  normaliseHost,
  {
    match: [{ header_regexp: { Host: { name: 'edge', pattern: `^(${hostNamePattern})(?::[0-9]+)?$` } } }],
    handle: [proxyHost(table, attempts)],
  },
  { handle: [html(404, unknownHostPage)] },
]

export const errorRoutes = [
  {
    match: [{ expression: '{http.error.status_code} in [502, 503, 504]' }],
    handle: [html(503, errorPage, { 'Retry-After': ['5'] })],
  },
  { handle: [{ handler: 'static_response', status_code: '{http.error.status_code}' }] },
]
