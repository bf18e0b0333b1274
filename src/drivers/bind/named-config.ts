import { isIPv6 } from 'node:net'
import type { DnsSettings, HostSettings } from '../../plan/settings.ts'
import { bindLayout } from './bind-layout.ts'
import { CATALOG } from './catalog-names.ts'
import { addressWord, elements, networkWord, portWord, quotedWord } from './config-words.ts'

/** Name of the key by which named is controlled. */
export const CONTROL_KEY = 'palisade-control'

/** Name of the policy that zones are signed by. */
export const SIGNING_POLICY = 'palisade'

/** Every address but the host's ends of tenants' NICs: there may be thousands, and nobody asks there. */
const anyBut = (pool: string): string => elements([...(pool === '' ? [] : [`!${networkWord(pool)}`]), 'any'])

const listeners = ({ dns: { listen, port }, ipv4Pool, ipv6Pool }: HostSettings): readonly string[] => {
  const [v4, v6] = [listen.filter((address) => !isIPv6(address)), listen.filter((address) => isIPv6(address))]
  const on = (addresses: readonly string[], pool: string): string =>
    listen.length === 0 ? anyBut(pool) : elements(addresses.map(addressWord))
  return [
    `listen-on port ${portWord(port)} ${on(v4, ipv4Pool)};`,
    `listen-on-v6 port ${portWord(port)} ${on(v6, ipv6Pool)};`,
    // An interface of a tenant that comes or goes is no reason to look at all of them.
    'automatic-interface-scan no;',
  ]
}

const keysOf = ({ secondaries }: DnsSettings): string[] => secondaries.map(({ key }) => `key ${quotedWord(key)}`)

/** Nobody may copy a zone but the secondaries, and they are told of each change. */
const transfers = (dns: DnsSettings): readonly string[] => {
  const told = dns.secondaries.map(
    ({ address, port, key }) => `${addressWord(address)} port ${portWord(port)} key ${quotedWord(key)}`,
  )
  return [`allow-transfer ${elements(keysOf(dns))};`, ...(told.length === 0 ? [] : [`also-notify ${elements(told)};`])]
}

/** RFC 9432: what secondaries take their zones from. */
const catalogZone = (settings: HostSettings): string => {
  if (settings.dns.secondaries.length === 0) return ''
  const { catalog } = bindLayout(settings)
  const readers = elements(['localhost', ...keysOf(settings.dns)])
  return `zone ${quotedWord(CATALOG)} {
  type primary;
  file ${quotedWord(catalog)};
  allow-update { key ${quotedWord(CONTROL_KEY)}; };
  allow-query ${readers};
};
`
}

/**
 * The whole configuration of named. It depends on the host's settings only, never on a zone: those are added one by one, and
 * named remembers them itself.
 * @throws TerminalError `InvalidHost` when a directory's path has a meaning to named.
 */
export const renderNamedConfig = (settings: HostSettings): string => {
  const { dns } = settings
  const { work, keys, log } = bindLayout(settings)
  const options = [
    `directory ${quotedWord(work)};`,
    'pid-file none;',
    'session-keyfile none;',
    'lock-file none;',
    ...listeners(settings),
    // For strangers it answers for its zones, and for nothing else.
    'recursion no;',
    'allow-query { any; };',
    'allow-query-cache { none; };',
    'allow-update { none; };',
    'empty-zones-enable no;',
    'dnssec-validation no;',
    'version none;',
    'hostname none;',
    'server-id none;',
    'minimal-responses yes;',
    'minimal-any yes;',
    // RFC 9715 section 3.1: answers that are not fragmented on the way.
    'max-udp-size 1232;',
    'rate-limit { responses-per-second 20; exempt-clients { localhost; }; };',
    'allow-new-zones yes;',
    'notify explicit;',
    'notify-delay 0;',
    ...transfers(dns),
  ]
  return `include ${quotedWord(keys)};
controls {
  inet 127.0.0.1 port ${portWord(dns.controlPort)} allow { 127.0.0.1; } keys { ${quotedWord(CONTROL_KEY)}; };
};
options {
${options.map((option) => `  ${option}\n`).join('')}};
dnssec-policy ${quotedWord(SIGNING_POLICY)} {
  keys {
    ksk lifetime unlimited algorithm ecdsap256sha256;
    zsk lifetime P90D algorithm ecdsap256sha256;
  };
};
logging {
  channel file {
    file ${quotedWord(log)} versions 3 size 10m;
    severity notice;
    print-time iso8601;
    print-category yes;
    print-severity yes;
  };
  category default { file; };
  category lame-servers { null; };
  category rate-limit { null; };
};
${catalogZone(settings)}`
}

/** How a zone is signed. */
export type Signing =
  | 'never'
  | 'signed'
  /** It was once: BIND takes the signatures away when nobody can miss them. */
  | 'ended'

/** The zone's own part of the configuration, as rndc(8) takes it. */
export const zoneClause = (settings: HostSettings, zone: string, signing: Signing): string => {
  const layout = bindLayout(settings)
  const policy = { never: undefined, signed: SIGNING_POLICY, ended: 'insecure' }[signing]
  const signs =
    policy === undefined
      ? ''
      : ` dnssec-policy ${quotedWord(policy)}; inline-signing yes; key-directory ${quotedWord(layout.zoneDirectory(zone))};`
  return `{ type primary; file ${quotedWord(layout.zoneFile(zone))};${signs} };`
}
