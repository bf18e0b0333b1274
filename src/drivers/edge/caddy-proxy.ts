import type { HostSettings } from '../../plan/settings.ts'

import { showPage } from './caddy-answers.ts'
import { tooLargePage } from './pages.ts'

/** Bounds on what strangers may send, and whose word on a visitor's address counts. */
export type EdgeLimits = Pick<HostSettings, 'maxRequestBodyBytes' | 'trustedProxies'>

// A tenant's entry that is being replaced is back in a moment, or another one takes its place: a connection that is
// refused is tried again for a second, and then the host is looked for anew, see `caddy-routes`. Caddy 2.6 has no body
// left to send then: such a request is answered with 503.
const reverseProxy = (dial: string) => ({
  handler: 'reverse_proxy',
  upstreams: [{ dial }],
  load_balancing: { try_duration: '1s', try_interval: '50ms' },
  transport: {
    protocol: 'http',
    compression: false,
    dial_timeout: '3s',
    response_header_timeout: '5m',
    keep_alive: { idle_timeout: '30s', max_idle_conns_per_host: 32 },
  },
})

// Caddy appends the proxy's own address to what the proxy said; the tenant's web server takes the last for the visitor.
const withoutOwnAddress = { request: { replace: { 'X-Forwarded-For': [{ search_regexp: ', [^,]*$', replace: '' }] } } }

const longer = (digits: number): string => `[1-9][0-9]{${digits},}`

/** Pattern of the whole numbers above `limit`, in decimal. */
const above = (limit: number): string => {
  const digits = Array.from(String(limit))
  const alike = digits.flatMap((digit, at) => {
    const rest = `[0-9]{${digits.length - at - 1}}`
    return digit === '9' ? [] : [`${digits.slice(0, at).join('')}[${Number(digit) + 1}-9]${rest}`]
  })
  return `^0*(?:${[longer(digits.length), ...alike].join('|')})$`
}

// Who tells the size gets an answer before it is sent, and before the tenant hears of it; else the size is counted.
const refuseTooLarge = (limit: number) => ({
  handler: 'subroute',
  routes: [
    {
      match: [{ header_regexp: { 'Content-Length': { pattern: above(limit) } } }],
      handle: [showPage(413, tooLargePage)],
    },
  ],
})

/** Hands the request to the tenant at `dial`. Caddy overwrites `X-Forwarded-*` of everybody but trusted proxies. */
export const proxyTo = (dial: string, { trustedProxies, maxRequestBodyBytes }: EdgeLimits): readonly object[] => [
  refuseTooLarge(maxRequestBodyBytes),
  { handler: 'request_body', max_size: maxRequestBodyBytes },
  ...(trustedProxies.length === 0
    ? []
    : [
        {
          handler: 'subroute',
          routes: [
            {
              match: [{ remote_ip: { ranges: trustedProxies } }],
              handle: [{ ...reverseProxy(dial), trusted_proxies: trustedProxies, headers: withoutOwnAddress }],
            },
          ],
        },
      ]),
  reverseProxy(dial),
]
