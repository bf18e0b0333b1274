/** Names the logger of requests for sites; see `logs` of Caddy's servers. */
export const ACCESS_LOGGER = 'sites'

const ROLL_SIZE_MB = 100
const ROLL_KEEP = 10

/**
 * Which tenant a request was for stands in the log as `user_id`, the `address:port` out of the entry: a host name alone
 * does not tell it, once it has moved to another account. The access log of Caddy 2.6 has no other field that routes can set.
 */
export const nameTenant = {
  handler: 'map',
  source: '{http.regexp.tenant.1}',
  destinations: ['{http.auth.user.id}'],
  mappings: [{ input_regexp: '^(.+)$', outputs: ['$1'] }],
}

/**
 * Caddy's own words, and one line of JSON per request for a site, in files that are rolled by size. Caddy itself keeps out of
 * it what visitors and sites send as secrets: Cookie, Set-Cookie, Authorization, Proxy-Authorization. Its encoder that leaves
 * out more fields would take a fifth of all that a request costs.
 */
export const loggers = (ownLog: string, accessLog: string) => ({
  default: {
    level: 'WARN',
    writer: { output: 'file', filename: ownLog, roll_size_mb: 10, roll_keep: 3 },
    // At each handshake for which no certificate was installed, as if that were an error.
    exclude: [`http.log.access.${ACCESS_LOGGER}`, 'tls.handshake'],
  },
  access: {
    include: [`http.log.access.${ACCESS_LOGGER}`],
    writer: { output: 'file', filename: accessLog, roll_size_mb: ROLL_SIZE_MB, roll_keep: ROLL_KEEP, roll_gzip: true },
    encoder: { format: 'json', time_format: 'iso8601' },
  },
})
