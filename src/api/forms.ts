import { all, duration, except, type Form, oneOf, pattern, quantity } from './form.ts'
import { domain, ipv4Pool, ipv6Pool, listenAddress, network, resolverAddress } from './network-forms.ts'
import { parseBits, parseBytes, parseCpuMillis } from './quantity.ts'
import { isReservedName } from './reserved-names.ts'
import { SITE_FORMS } from './site-forms.ts'
import { ZONE_FORMS } from './zone-forms.ts'

const letterFirst = 'lower-case letters, digits and hyphens, a letter first, no hyphen last'
const identifier = pattern(/^[a-z][a-z0-9_]*$/, 32, 'lower-case letters, digits and underscores, a letter first')

/** Every `format` of the CustomResourceDefinitions that is ours, and what it asks of a value. */
export const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  [
    'account-name',
    all(
      pattern(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 31, letterFirst),
      except(isReservedName, 'is reserved, for the system or for Palisade: choose another name'),
    ),
  ],
  [
    'object-name',
    pattern(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 63, 'lower-case letters, digits and hyphens, no hyphen first or last'),
  ],
  ['instance-name', pattern(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 16, letterFirst)],
  ['interface-prefix', pattern(/^[a-z][a-z0-9]*$/, 8, 'lower-case letters and digits, a letter first')],
  ['service-kind', pattern(/^[a-z][a-z0-9-]*$/, 31, 'lower-case letters, digits and hyphens, a letter first')],
  [
    'version',
    pattern(/^[0-9a-z]+([.-][0-9a-z]+)*$/, 31, 'a version such as "8.2", of digits, lower-case letters and dots'),
  ],
  [
    'recipe-name',
    pattern(/^[a-z0-9]+([.-][a-z0-9]+)*$/, 63, 'lower-case letters, digits, dots and hyphens, such as "php-8.2"'),
  ],
  [
    'schema-name',
    all(
      identifier,
      except(
        oneOf('mysql', 'information_schema', 'performance_schema', 'sys', 'postgres'),
        "is the engine's own schema",
      ),
    ),
  ],
  [
    'schema-owner',
    all(
      identifier,
      except(oneOf('root', 'mysql', 'mariadb', 'healthcheck', 'postgres'), "is the engine's own user"),
      except((name) => name.startsWith('pg_'), 'begins as names of PostgreSQL itself do'),
    ),
  ],
  ['domain', domain],
  [
    'absolute-path',
    pattern(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/, 128, 'an absolute path, of plain names, without a slash at the end'),
  ],
  ['ipv4-pool', ipv4Pool],
  ['ipv6-pool', ipv6Pool],
  ['network', network],
  ['listen-address', listenAddress],
  ['resolver-address', resolverAddress],
  [
    'acme-directory',
    pattern(
      /^https:\/\/[A-Za-z0-9][A-Za-z0-9.-]*(:[1-9][0-9]{0,4})?(\/[A-Za-z0-9._~-]+)*\/?$/,
      512,
      'an address that starts with https://',
    ),
  ],
  ['cpu', quantity(parseCpuMillis, 10, '10m')],
  ['tenant-memory', quantity(parseBytes, 128 * 2 ** 20, '128Mi')],
  ['service-memory', quantity(parseBytes, 64 * 2 ** 20, '64Mi')],
  ['storage', quantity(parseBytes, 256 * 2 ** 20, '256Mi')],
  ['bandwidth', quantity(parseBits, 100_000, '100k')],
  ['io-bytes', quantity(parseBytes, 1_000_000, '1M')],
  ['upload-size', quantity(parseBytes, 1024, '1Ki')],
  ['resync-period', duration(10_000, '10s', 'too often', 'too seldom')],
  ['job-timeout', duration(1_000, '1s', 'too short', 'too long')],
  ...SITE_FORMS,
  ...ZONE_FORMS,
  [
    'image-reference',
    pattern(
      /^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
      512,
      'registry, name and tag or digest, such as docker.io/library/php:8.5-fpm',
    ),
  ],
  [
    'registry',
    pattern(
      /^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
      255,
      'a host, perhaps with port and path, such as registry.example:5000',
    ),
  ],
])
