import { DEFAULT_LIMITS } from './default-limits.ts'
import type { Account } from './generated/account.ts'
import type { Catalog } from './generated/catalog.ts'
import type { Host } from './generated/host.ts'
import type { Plan } from './generated/plan.ts'
import type { FieldPath, Finding } from './problem.ts'
import { parseBytes, parseCpuMillis } from './quantity.ts'
import type { SpecKind, SpecKinds } from './schemas.ts'
import { siteFindings } from './site-semantics.ts'

/** Limits as they stand in a spec; what is left out is undefined. */
export interface LimitsSpec {
  readonly cpu?: string | number
  readonly memory?: string | number
  readonly pids?: number
}

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

/** Each limit that is above its ceiling, by the field's name. */
export const exceeded = (limits: LimitsSpec, ceilings: LimitsSpec): { field: keyof LimitsSpec; message: string }[] => {
  const above = (field: keyof LimitsSpec, parse: (value: string | number) => number) => {
    const wanted = limits[field]
    const ceiling = ceilings[field]
    if (wanted === undefined || ceiling === undefined || parse(wanted) <= parse(ceiling)) return []
    return [{ field, message: `${wanted} is above the plan's ceiling of ${ceiling}` }]
  }
  return [...above('cpu', parseCpuMillis), ...above('memory', parseBytes), ...above('pids', Number)]
}

/** What an account of the plan gets when it says nothing must fit below the plan's own ceilings. */
const planFindings = ({ spec }: Plan): Finding[] => {
  const { defaults, ceilings } = spec
  return exceeded({ ...DEFAULT_LIMITS, ...defaults.limits }, ceilings.limits).map(({ field, message }) =>
    defaults.limits[field] === undefined
      ? {
          path: ['spec', 'ceilings', 'limits', field],
          reason: 'AboveCeiling',
          message: `is below the usual ${DEFAULT_LIMITS[field]}: give defaults.limits.${field} too`,
        }
      : { path: ['spec', 'defaults', 'limits', field], reason: 'AboveCeiling', message },
  )
}

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
