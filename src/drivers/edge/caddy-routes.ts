import { hostNamePattern, upstreamPattern, wordsPattern } from '../../plan/edge-entry.ts'
import { showPage } from './caddy-answers.ts'
import { nameTenant } from './caddy-log.ts'
import { lookUp, subroute } from './caddy-lookup.ts'
import { type EdgeLimits, proxyTo } from './caddy-proxy.ts'
import { errorPage, suspendedPage, tooLargePage, unknownHostPage } from './pages.ts'

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

/** The server that a route stands in, and where its twin listens. */
export interface SiteServer {
  readonly table: string
  readonly scheme: 'http' | 'https'
  readonly httpPort: number
  readonly httpsPort: number
  readonly limits: EdgeLimits
}

const FOUND = '{http.matchers.file.relative}'

/** What was found for the host, which is a host name already, is an entry of this pattern and nothing else. */
const isEntry = (name: string, entry: string): object => ({
  vars_regexp: { [FOUND]: { name, pattern: `^/?[^/]+/${entry}$` } },
})

const anyWords = '(?:,[a-z0-9=.+-]+)*'
const words = (pattern: string): string => `${upstreamPattern}${anyWords}${pattern}${anyWords}`

/** An address of the same server, or of its twin, as browsers write it. */
const addressOf = ({ httpPort, httpsPort }: SiteServer, scheme: 'http' | 'https', host: string): string => {
  const [port, usual] = scheme === 'http' ? [httpPort, 80] : [httpsPort, 443]
  return `${scheme}://${host}${port === usual ? '' : `:${port}`}{http.request.uri}`
}

const redirect = (status: 301 | 308, location: string) => ({
  handler: 'static_response',
  status_code: status,
  headers: { Location: [location], 'Cache-Control': ['no-cache'] },
})

const toOtherHost = (server: SiteServer) => {
  const found = (pattern: string) => isEntry('to', words(pattern))
  const send = (scheme: 'http' | 'https') => (status: 301 | 308) =>
    redirect(status, addressOf(server, scheme, '{http.regexp.to.1}'))
  const routes = (matcher: object, to: ReturnType<typeof send>) => [
    { match: [{ ...matcher, method: ['GET', 'HEAD'] }], handle: [to(301)] },
    // Others are sent again as they are: RFC 9110 section 15.4.9.
    { match: [matcher], handle: [to(308)] },
  ]
  return [
    ...routes(found(`,to=(${hostNamePattern}),https`), send('https')),
    ...routes(found(`,to=(${hostNamePattern})`), send(server.scheme)),
  ]
}

const toHttps = (server: SiteServer) =>
  server.scheme === 'https'
    ? []
    : [
        {
          match: [{ ...isEntry('https', words(',https')), not: [{ path: ['/.well-known/acme-challenge/*'] }] }],
          handle: [redirect(308, addressOf(server, 'https', '{http.regexp.edge.1}'))],
        },
      ]

// RFC 6797 section 7.2: never over HTTP. The tenant's own header gives way.
const strictTransport = ({ scheme }: SiteServer) =>
  scheme === 'http'
    ? []
    : [
        ['', ''],
        ['\\+preload', '; preload'],
        ['\\+sub', '; includeSubDomains'],
        ['\\+sub\\+preload', '; includeSubDomains; preload'],
      ].map(([suffix = '', directives = '']) => ({
        match: [isEntry('hsts', `${upstreamPattern}(?:,[a-z0-9=.-]+)*,hsts=([0-9]+)${suffix}`)],
        handle: [
          {
            handler: 'headers',
            response: {
              deferred: true,
              set: { 'Strict-Transport-Security': [`max-age={http.regexp.hsts.1}${directives}`] },
            },
          },
        ],
      }))

const suspended = {
  match: [isEntry('suspended', words(',suspended'))],
  handle: [showPage(503, suspendedPage, { 'Retry-After': ['3600'] })],
}

/** What an entry asks for, the first that fits. */
const answerEntry = (server: SiteServer) => ({
  handler: 'subroute',
  routes: [
    ...strictTransport(server),
    suspended,
    ...toOtherHost(server),
    ...toHttps(server),
    {
      match: [isEntry('entry', `(${upstreamPattern})${anyWords}`)],
      handle: proxyTo('{http.regexp.entry.1}', server.limits),
    },
  ],
})

// How often a host is looked for, when a connection to its tenant is refused.
const attempts = 5

// Nothing was sent over a connection that never stood.
const isDialFailure = { vars_regexp: { '{http.error.message}': { name: 'dial', pattern: '^dial |: dial ' } } }

const sameError = { handler: 'error', status_code: '{http.error.status_code}', error: '{http.error.message}' }

const proxyHost = (server: SiteServer, left: number): object => ({
  handler: 'subroute',
  routes: [
    {
      match: [lookUp(server.table, '{http.regexp.edge.1}')],
      handle: [
        // Most entries. Host names within an entry are a pattern that takes longer than the rest of a request.
        subroute(isEntry('tenant', `(${upstreamPattern})`), [
          nameTenant,
          ...proxyTo('{http.regexp.tenant.1}', server.limits),
        ]),
        subroute(isEntry('tenant', `(${upstreamPattern})${wordsPattern}`), [nameTenant, answerEntry(server)]),
      ],
    },
    ...(left === attempts ? [] : [{ handle: [showPage(404, unknownHostPage)] }]),
  ],
  ...(left === 1
    ? {}
    : {
        errors: {
          routes: [
            { match: [isDialFailure], handle: [proxyHost(server, left - 1)], terminal: true },
            { handle: [sameError] },
          ],
        },
      }),
})

/** What happens to a request, by what the table says of its host. */
export const siteRoutes = (server: SiteServer) => [
  normaliseHost,
  {
    match: [{ header_regexp: { Host: { name: 'edge', pattern: `^(${hostNamePattern})(?::[0-9]+)?$` } } }],
    handle: [proxyHost(server, attempts)],
  },
  { handle: [showPage(404, unknownHostPage)] },
]

export const errorRoutes = [
  {
    match: [{ expression: '{http.error.status_code} in [502, 503, 504]' }],
    handle: [showPage(503, errorPage, { 'Retry-After': ['5'] })],
  },
  { match: [{ expression: '{http.error.status_code} == 413' }], handle: [showPage(413, tooLargePage)] },
  { handle: [{ handler: 'static_response', status_code: '{http.error.status_code}' }] },
]
