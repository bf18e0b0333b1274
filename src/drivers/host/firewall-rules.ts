import { isIPv4 } from 'node:net'
import type { HostSettings } from '../../plan/settings.ts'

/** Networks that are not the internet: RFC 6890 and its registry, link-local with the clouds' metadata address included. */
const NOT_THE_INTERNET = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]

/** An identifier of nft(8). */
export const nftName = (name: string): string => {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,30}$/.test(name)) return name
  throw new RangeError(`${JSON.stringify(name)} can't name a packet table`)
}

/** Every interface whose name begins with `prefix`. */
export const nftInterfaces = (prefix: string): string => {
  if (/^[a-z][a-z0-9]{0,7}$/.test(prefix)) return `"${prefix}*"`
  throw new RangeError(`${JSON.stringify(prefix)} can't begin the names of interfaces`)
}

export const nftNetwork = (network: string): string => {
  const [, ...numbers] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(network)?.map(Number) ?? []
  const [prefixLength = -1, ...octets] = numbers.toReversed()
  if (octets.length === 4 && octets.every((octet) => octet <= 255) && prefixLength >= 0 && prefixLength <= 32)
    return network
  throw new RangeError(`${JSON.stringify(network)} is no IPv4 network in CIDR notation`)
}

/** The host's own resolvers often have private addresses; tenants may ask them, and nothing else there. */
const nameService = (resolvers: readonly string[]): string => {
  const addresses = resolvers.filter((address) => isIPv4(address) && !address.startsWith('127.'))
  return addresses.length === 0
    ? ''
    : `    ip daddr { ${addresses.join(', ')} } meta l4proto { tcp, udp } th dport 53 accept\n`
}

/** The one table, in the language of nft(8). The same for one tenant and for thousands. */
export const renderRules = (
  { instance, interfacePrefix, ipv4Pool }: HostSettings,
  resolvers: readonly string[],
): string => {
  const tenants = nftInterfaces(interfacePrefix)
  const pool = nftNetwork(ipv4Pool)
  return `table inet ${nftName(instance)} {
  chain origin {
    type filter hook prerouting priority raw; policy accept;
    iifname != ${tenants} accept
    meta nfproto ipv6 drop
    ip saddr != ${pool} drop
    fib saddr . iif oif missing drop
  }

  chain input {
    type filter hook input priority filter; policy accept;
    iifname != ${tenants} accept
    ct state established,related accept
    drop
  }

  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname ${tenants} jump from_tenant
    oifname ${tenants} ct state established,related accept
    oifname ${tenants} drop
  }

  chain from_tenant {
    oifname ${tenants} drop
    ct state established,related accept
    ip daddr ${pool} drop
${nameService(resolvers)}    ip daddr { ${NOT_THE_INTERNET.join(', ')} } drop
    accept
  }

  chain way_out {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${pool} oifname != ${tenants} masquerade
  }
}
`
}
