import type { Account } from './generated/account.ts'
import type { Catalog } from './generated/catalog.ts'
import type { Host } from './generated/host.ts'
import { planFindings } from './limits-semantics.ts'
import type { FieldPath, Finding } from './problem.ts'
import { zoneFindings } from './records/zone-findings.ts'
import type { SpecKind, SpecKinds } from './schemas.ts'
import { siteFindings } from './site-semantics.ts'

/** A host name, and where it stands. */
interface Named {
  readonly host: string
  readonly path: FieldPath
}

const hostNames = ({ spec }: Account): Named[] => [
  ...spec.sites.flatMap(({ domain, aliases }, site) => [
    { host: domain, path: ['spec', 'sites', site, 'domain'] },
    ...aliases.map((host, alias) => ({ host, path: ['spec', 'sites', site, 'aliases', alias] })),
  ]),
  ...spec.databases.flatMap(({ admin }, index) =>
    admin === undefined ? [] : [{ host: admin.domain, path: ['spec', 'databases', index, 'admin', 'domain'] }],
  ),
  ...(spec.fileManager === undefined
    ? []
    : [{ host: spec.fileManager.domain, path: ['spec', 'fileManager', 'domain'] }]),
]

const WITH_PHPMYADMIN = ['mariadb', 'mysql']

const adminFindings = ({ spec }: Account): Finding[] =>
  spec.databases.flatMap(({ admin, engine }, index) =>
    admin === undefined || WITH_PHPMYADMIN.includes(engine)
      ? []
      : [
          {
            path: ['spec', 'databases', index, 'admin'],
            reason: 'InvalidValue',
            message: `phpMyAdmin serves ${WITH_PHPMYADMIN.join(' and ')}, not ${engine}: remove it`,
          },
        ],
  )

const duplicateDomains = (account: Account): Finding[] => {
  const seen = new Set<string>()
  const findings: Finding[] = []
  for (const { host, path } of hostNames(account)) {
    if (seen.has(host)) {
      findings.push({ path, reason: 'DuplicateDomain', message: `${host} stands twice in this account: remove one` })
    }
    seen.add(host)
  }
  return findings
}

const accountFindings = (account: Account): Finding[] => {
  const caches = account.spec.caches.map(({ engine }) => engine)
  return [
    ...duplicateDomains(account),
    ...account.spec.sites.flatMap((site, index) => siteFindings(site, ['spec', 'sites', index], caches)),
    ...adminFindings(account),
    ...account.spec.zones.flatMap((zone, index) => zoneFindings(zone, ['spec', 'zones', index])),
  ]
}

const catalogFindings = ({ spec }: Catalog): Finding[] =>
  spec.services.flatMap(({ versions }, index) =>
    versions.flatMap(({ recipe, image }, position) =>
      recipe !== undefined || image !== undefined
        ? []
        : [
            {
              path: ['spec', 'services', index, 'versions', position],
              reason: 'MissingField',
              message: 'lacks a source: give it an image, a recipe, or both',
            },
          ],
    ),
  )

const hostFindings = ({ spec }: Host): Finding[] => {
  const { edge, pools } = spec
  const findings: Finding[] = []
  const { httpPort, httpsPort, askPort } = edge
  if (httpPort === httpsPort) {
    const message = 'is the port of HTTP already: choose another one'
    findings.push({ path: ['spec', 'edge', 'httpsPort'], reason: 'InvalidValue', message })
  }
  if (askPort === httpPort || askPort === httpsPort) {
    const message = 'is the port of HTTP or HTTPS already: choose another one'
    findings.push({ path: ['spec', 'edge', 'askPort'], reason: 'InvalidValue', message })
  }
  if (pools.subIdBase < pools.uidBase + 65_536) {
    const message = 'must be at least 65536 above uidBase, so that the two pools never meet'
    findings.push({ path: ['spec', 'pools', 'subIdBase'], reason: 'InvalidValue', message })
  }
  return findings
}

/** What a schema can't say of an object that it found valid. */
export const SEMANTICS: { readonly [K in SpecKind]: (value: SpecKinds[K]) => Finding[] } = {
  Account: accountFindings,
  Plan: planFindings,
  Catalog: catalogFindings,
  Host: hostFindings,
}
