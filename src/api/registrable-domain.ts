import { getDomain } from 'tldts'

/**
 * The part of a host name that somebody registered, such as `example.co.uk` of `shop.example.co.uk`, by the public suffix
 * list (publicsuffix.org) with its private part; undefined for a name below which anybody may register, such as
 * `co.uk`, `github.io` or `localhost`.
 */
export const registrableDomain = (name: string): string | undefined =>
  getDomain(name, { allowPrivateDomains: true, detectIp: false, validateHostname: false }) ?? undefined
