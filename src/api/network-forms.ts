import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'
import { all, text } from './form.ts'
import { parseNetwork } from './ip-network.ts'
import { quoted } from './problem.ts'
import { registrableDomain } from './registrable-domain.ts'

// RFC 1035 section 2.3.4 and RFC 1123 section 2.1: labels of at most 63, names of at most 253 characters.
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const MAX_DOMAIN = 253

/** What the administrator may have meant. */
const domainHint = (value: string): string => {
  const ascii = domainToASCII(value.replace(/\.$/, ''))
  return ascii !== '' && ascii !== value && ascii.split('.').every((label) => LABEL.test(label))
    ? `: write ${quoted(ascii)}`
    : ': use lower-case letters, digits and hyphens in labels of at most 63 characters, with dots between them'
}

/** Punycode that says nothing, or that says what has another spelling: RFC 5891 section 5.4. */
const isMisspelled = (value: string): boolean =>
  value.split('.').some((label) => label.startsWith('xn--')) && domainToASCII(domainToUnicode(value)) !== value

/** A name that somebody may have for himself, be it of hosts or, below `arpa`, of their addresses. */
export const domainName = text((value) => {
  if (value.length > MAX_DOMAIN) {
    return `is too long for a host name: it has ${value.length} characters, at most 253 will do`
  }
  const labels = value.split('.')
  if (labels[0] === '*') return `${quoted(value)} stands for many names: write each of them`
  if (!labels.every((label) => LABEL.test(label))) return `${quoted(value)} is no host name${domainHint(value)}`
  // RFC 1123 section 2.1: the last label is alphabetic, so that no name looks like an address.
  if (/^[0-9]+$/.test(labels.at(-1) ?? '')) return `${quoted(value)} is an address, not a host name`
  if (isMisspelled(value)) return `${quoted(value)} has a label that no international name is written as`
  if (registrableDomain(value) === undefined) {
    return `${quoted(value)} is nobody's own, many have names below it: use a name below it`
  }
  return undefined
})

export const domain = all(
  text((value) =>
    value.split('.').at(-1) === 'arpa' ? `${quoted(value)} is for the names of addresses, not for a host` : undefined,
  ),
  domainName,
)

const MAX_ADDRESS = 2 ** 32
const PRIVATE_HINT = 'an IPv4 network such as 10.90.0.0/16'

export const ipv4Pool = text((value) => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(value)
  if (match === null) return `${quoted(value)} must be ${PRIVATE_HINT}`
  const [first = 0, second = 0, third = 0, fourth = 0, prefix = 0] = match.slice(1).map(Number)
  if ([first, second, third, fourth].some((octet) => octet > 255)) return `${quoted(value)} must be ${PRIVATE_HINT}`
  if (prefix < 8 || prefix > 28) return `${quoted(value)} must have a prefix length from /8 to /28`
  const address = ((first * 256 + second) * 256 + third) * 256 + fourth
  return address % (MAX_ADDRESS / 2 ** prefix) === 0
    ? undefined
    : `${quoted(value)} has bits set behind the prefix: give the network's first address`
})

/** As many /126 as the widest IPv4 pool has /30. */
const NARROWEST_IPV6_POOL = 100

export const ipv6Pool = text((value) => {
  if (value === 'auto' || value === 'none') return undefined
  const pool = parseNetwork(value)
  if (pool?.family !== 6)
    return `${quoted(value)} must be auto, none, or an IPv6 network such as 2001:db8:1:2::/64, with no bits set behind the prefix`
  return pool.prefixLength > NARROWEST_IPV6_POOL ? `${quoted(value)} must be a /100 or wider` : undefined
})

export const network = text((value) =>
  parseNetwork(value) === undefined
    ? `${quoted(value)} must be a network such as 192.168.10.0/24 or fd00:1::/64, with no bits set behind the prefix`
    : undefined,
)

/** As `dns.setServers` of Node.js takes them. */
export const resolverAddress = text((value) => {
  const [, v4, v6, port = '53'] =
    /^(?:([0-9.]+)|\[([0-9a-f:.]+)\])(?::([1-9][0-9]{0,4}))?$/.exec(isIPv6(value) ? `[${value}]` : value) ?? []
  const isAddress = (v4 !== undefined && isIPv4(v4)) || (v6 !== undefined && isIPv6(v6))
  return isAddress && Number(port) <= 65_535
    ? undefined
    : `${quoted(value)} must be an address such as 192.0.2.53, perhaps with a port as in 127.0.0.1:5353 or [::1]:5353`
})

export const listenAddress = text((value) => {
  const [, v4, v6, port = ''] = /^(?:([0-9.]+)|\[([0-9a-f:.]+)\]):([1-9][0-9]{0,4})$/.exec(value) ?? []
  const isAddress = (v4 !== undefined && isIPv4(v4)) || (v6 !== undefined && isIPv6(v6))
  return isAddress && Number(port) <= 65_535
    ? undefined
    : `${quoted(value)} must be an address and a port such as 127.0.0.1:9469 or [::1]:9469`
})
