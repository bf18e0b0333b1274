import { all, type Form, pattern, plainText, text } from './form.ts'
import { domain, domainName } from './network-forms.ts'
import { quoted } from './problem.ts'
import { readIpv4, readIpv6 } from './records/addresses.ts'
import { RecordError } from './records/record-error.ts'
import { reverseZone } from './reverse-network.ts'

/** The files of a zone are named after it, with more behind the name: NAME_MAX is 255. */
const MAX_ZONE = 200

const zoneName = all(
  domainName,
  text((value) =>
    value.length > MAX_ZONE
      ? `is too long for a zone: it has ${value.length} characters, at most ${MAX_ZONE} will do`
      : undefined,
  ),
)

const ipAddress = text((value) => {
  try {
    const plain = value.includes(':') ? readIpv6(value) : readIpv4(value)
    return plain === value ? undefined : `${quoted(value)} has a shorter form: write ${quoted(plain)}`
  } catch (error) {
    if (error instanceof RecordError) return error.message
    throw error
  }
})

const reverseNetwork = text((value) =>
  reverseZone(value) === undefined
    ? `${quoted(value)} must be a network such as 203.0.113.0/24 or 2001:db8::/48, by its first address`
    : undefined,
)

/** What may be said of zones, of their records, and of the name server. */
export const ZONE_FORMS: readonly (readonly [string, Form])[] = [
  ['zone-name', zoneName],
  [
    'record-name',
    pattern(
      /^(@|(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?)$/,
      254,
      '"@", or lower-case letters, digits, hyphens and underscores, at most 63 between two dots; "*" comes first',
    ),
  ],
  ['record-value', plainText(65_535)],
  ['ip-address', ipAddress],
  [
    'mail-address',
    all(
      pattern(/^[A-Za-z0-9._+-]{1,63}@[a-z0-9.-]+$/, 254, 'a mail address such as dns@provider.example'),
      text((value) => domain(value.slice(value.indexOf('@') + 1), value)),
    ),
  ],
  ['reverse-network', reverseNetwork],
  ['key-name', pattern(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 63, 'lower-case letters, digits and hyphens')],
]
