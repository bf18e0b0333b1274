import { isIPv4, isIPv6 } from 'node:net'
import { containsNetwork, formatAddress, formatNetwork, parseAddress, parseNetwork } from '../../api/ip-network.ts'
import type { HostSettings } from '../../plan/settings.ts'

/**
 * Networks that are not the internet: RFC 6890 and IANA's registry of special-purpose addresses. Of IPv6 the internet is
 * 2000::/3 (RFC 4291 section 2.4) without what stands there for something else; 2002::/16 and 2001::/32 lead to IPv4.
 */
const NOT_THE_INTERNET = {
  ipv4: [
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
  ],
  ipv6: ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
}

/**
 * Where a cloud tells a machine its secrets: RFC 3927 and what Alibaba (100.100.100.200), Azure (168.63.129.16), Oracle
 * (192.0.0.192), AWS (fd00:ec2::/32) and Google (fd20:ce::254) have beside it. No policy opens these, nor multicast.
 */
const NEVER = {
  ipv4: [
    '0.0.0.0/8',
    '100.100.100.200',
    '127.0.0.0/8',
    '168.63.129.16',
    '169.254.0.0/16',
    '192.0.0.192',
    '224.0.0.0/4',
    '255.255.255.255',
  ],
  ipv6: ['::/127', '::ffff:0:0/96', '64:ff9b::/96', 'fd00:ec2::/32', 'fd20:ce::254', 'fe80::/10', 'ff00::/8'],
}

const UNIQUE_LOCAL = parseNetwork('fc00::/7')

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

/** One interface; at most 15 characters, IFNAMSIZ less its end. */
export const nftInterface = (name: string): string => {
  if (/^[a-z][a-z0-9]{0,14}$/.test(name)) return `"${name}"`
  throw new RangeError(`${JSON.stringify(name)} can't name an interface`)
}

export const nftNetwork = (text: string, family: 4 | 6): string => {
  const network = parseNetwork(text)
  if (network?.family === family) return formatNetwork(network)
  throw new RangeError(`${JSON.stringify(text)} is no IPv${family} network in CIDR notation`)
}

export const nftAddress = (text: string, family: 4 | 6): string => {
  const address = parseAddress(text)
  if (address?.family === family) return formatAddress(address)
  throw new RangeError(`${JSON.stringify(text)} is no IPv${family} address`)
}

const nftPort = (port: number): string => {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return `${port}`
  throw new RangeError(`${port} is no port`)
}

/** The host's own resolvers often have private addresses; who may reach the internet may ask them, and nothing else there. */
const nameService = (resolvers: readonly string[]): string => {
  const rule = (selector: string, addresses: readonly string[]): string =>
    addresses.length === 0
      ? ''
      : `    iifname @internet ${selector} { ${addresses.join(', ')} } meta l4proto { tcp, udp } th dport 53 accept\n`
  const isElsewhere = (address: string) => !address.startsWith('127.') && address !== '::1' && !address.includes('%')
  const elsewhere = resolvers.filter(isElsewhere)
  return rule('ip daddr', elsewhere.filter(isIPv4)) + rule('ip6 daddr', elsewhere.filter(isIPv6))
}

/** What differs with and without IPv6; without, no IPv6 packet of a tenant has a source that is its own. */
const ipv6Rules = (ipv6Pool: string, tenants: string) => {
  if (ipv6Pool === '') return { toOthers: '', wayOut: '' }
  const pool = nftNetwork(ipv6Pool, 6)
  const parsed = parseNetwork(pool)
  const isUniqueLocal = UNIQUE_LOCAL && parsed && containsNetwork(UNIQUE_LOCAL, parsed)
  return {
    toOthers: `\n    ip6 daddr ${pool} drop`,
    // A prefix that is routed here needs no translation.
    wayOut: isUniqueLocal ? `\n    ip6 saddr ${pool} oifname != ${tenants} masquerade` : '',
  }
}

/**
 * Sets by interface. Each opens something: an interface that is in none passes nothing.
 * A packet's source must be the tenant's own address, so that no address is claimed, and nothing that is spoken between
 * neighbours of a link, such as an advertisement of a router, comes in.
 */
const SETS = `  set own4 { type ifname . ipv4_addr; }
  set own6 { type ifname . ipv6_addr; }
  set internet { type ifname; }
  set smtp { type ifname; }
  set hosted_sites { type ifname; }
  set private4 { type ifname . ipv4_addr; flags interval; }
  set private6 { type ifname . ipv6_addr; flags interval; }
`

/**
 * The one table, in the language of nft(8), with its sets empty. The same for one tenant and for thousands. Nothing is
 * accepted for belonging to a connection in the direction of a tenant's own, so that a policy counts for each packet.
 */
export const renderRules = (settings: HostSettings, resolvers: readonly string[]): string => {
  const tenants = nftInterfaces(settings.interfacePrefix)
  const pool = nftNetwork(settings.ipv4Pool, 4)
  const { toOthers, wayOut } = ipv6Rules(settings.ipv6Pool, tenants)
  return `table inet ${nftName(settings.instance)} {
${SETS}
  chain origin {
    type filter hook prerouting priority raw; policy accept;
    iifname != ${tenants} accept
    meta nfproto ipv4 iifname . ip saddr != @own4 drop
    meta nfproto ipv6 iifname . ip6 saddr != @own6 drop
    ip daddr 127.0.0.0/8 drop
  }

  chain input {
    type filter hook input priority filter; policy accept;
    iifname != ${tenants} accept
    ct direction reply ct state established,related accept
    ip daddr ${pool} drop${toOthers}
    iifname @hosted_sites tcp dport { ${nftPort(settings.httpPort)}, ${nftPort(settings.httpsPort)} } accept
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
    ip daddr ${pool} drop${toOthers}
${nameService(resolvers)}    ip daddr { ${NEVER.ipv4.join(', ')} } drop
    ip6 daddr { ${NEVER.ipv6.join(', ')} } drop
    tcp dport 25 iifname != @smtp goto refuse
    iifname . ip daddr @private4 accept
    iifname . ip6 daddr @private6 accept
    iifname != @internet goto refuse
    ip daddr { ${NOT_THE_INTERNET.ipv4.join(', ')} } goto refuse
    ip6 daddr != 2000::/3 goto refuse
    ip6 daddr { ${NOT_THE_INTERNET.ipv6.join(', ')} } goto refuse
    accept
  }

  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }

  chain way_out {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${pool} oifname != ${tenants} masquerade${wayOut}
  }
}
`
}
