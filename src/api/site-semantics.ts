import type { AccountSite, AccountSiteRuntime } from './generated/account.ts'
import { suggest } from './nearest.ts'
import type { FieldPath, Finding } from './problem.ts'
import { parseBytes } from './quantity.ts'

const RUNTIMES = ['php', 'node', 'python'] as const
const FILE = /^[^:]+$/
const APPLICATION = /^[A-Za-z_][A-Za-z0-9_]*([./][A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*$/

/** Fields of a runtime that another one alone has. */
const misplaced = (runtime: AccountSiteRuntime, named: (typeof RUNTIMES)[number]): string[] => [
  ...(named === 'php' && runtime.entry !== undefined ? ['entry'] : []),
  ...(named !== 'python' && runtime.interface !== undefined ? ['interface'] : []),
  ...(named !== 'php' && runtime.ini !== undefined ? ['ini'] : []),
]

const runtimeFindings = (runtime: AccountSiteRuntime, path: FieldPath): Finding[] => {
  const named = RUNTIMES.filter((name) => runtime[name] !== undefined)
  const [name] = named
  if (name === undefined || named.length > 1) {
    return [{ path, reason: 'InvalidValue', message: `must name exactly one of: ${RUNTIMES.join(', ')}` }]
  }
  const findings: Finding[] = misplaced(runtime, name).map((field) => ({
    path: [...path, field],
    atKey: true,
    reason: 'UnknownField',
    message: `is no field of a site with ${name}: remove it`,
  }))
  const { entry } = runtime
  if (name !== 'php' && entry === undefined) {
    const example = name === 'node' ? 'a file such as server.js' : 'module and application such as app:application'
    findings.push({ path, reason: 'MissingField', message: `lacks the field entry: ${example}` })
  }
  if (entry !== undefined && name === 'node' && !FILE.test(entry)) {
    findings.push({ path: [...path, 'entry'], reason: 'InvalidValue', message: 'must be a file such as server.js' })
  }
  if (entry !== undefined && name === 'python' && !APPLICATION.test(entry)) {
    const message = 'must be module and application, such as app:application'
    findings.push({ path: [...path, 'entry'], reason: 'InvalidValue', message })
  }
  return findings
}

const MAX_UPLOAD = 16 * 2 ** 30
/** Of a host that others lead to: its name stands in the name of a file, with the words around it. */
const LONGEST_TARGET = 200
const YEAR_SECONDS = 31_536_000

const isLocal = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')

const tlsFindings = ({ domain, aliases, tls }: AccountSite, path: FieldPath): Finding[] => {
  const { mode, certificate, redirect, hsts } = tls
  const invalid = (field: string, message: string): Finding => ({
    path: [...path, field],
    reason: 'InvalidValue',
    message,
  })
  const isPlain = mode === 'none' && (redirect === true || hsts !== undefined)
  return [
    ...(mode === 'custom' && certificate === undefined
      ? [{ path, reason: 'MissingField', message: 'lacks the field certificate: name the files of chain and key' }]
      : []),
    ...(mode !== 'custom' && certificate !== undefined ? [invalid('certificate', 'needs mode: custom')] : []),
    ...(isPlain ? [invalid('mode', 'of HTTP only leaves nothing for redirect and hsts: remove them')] : []),
    ...(mode === 'none' && [domain, ...aliases].some(isLocal)
      ? [invalid('mode', 'can not be none below localhost, which has a certificate of this machine')]
      : []),
  ]
}

const edgeFindings = ({ domain, redirectAliases, tls: { hsts } }: AccountSite, path: FieldPath): Finding[] => {
  const findings: Finding[] = []
  if (redirectAliases && domain.length > LONGEST_TARGET) {
    const message = `needs a shorter domain: of at most ${LONGEST_TARGET} characters`
    findings.push({ path: [...path, 'redirectAliases'], reason: 'InvalidValue', message })
  }
  if (hsts?.preload === true && !(hsts.includeSubdomains && hsts.maxAge >= YEAR_SECONDS)) {
    const message = `needs includeSubdomains: true and a maxAge of at least ${YEAR_SECONDS}`
    findings.push({ path: [...path, 'tls', 'hsts', 'preload'], reason: 'InvalidValue', message })
  }
  return findings
}

/** What a schema can't say of a site; `caches` are those of its account. */
export const siteFindings = (site: AccountSite, path: FieldPath, caches: readonly string[]): Finding[] => {
  const findings = site.runtime === undefined ? [] : runtimeFindings(site.runtime, [...path, 'runtime'])
  findings.push(...edgeFindings(site, path), ...tlsFindings(site, [...path, 'tls']))
  if (parseBytes(site.uploadSize) > MAX_UPLOAD) {
    const message = `${site.uploadSize} is more than any site may take: at most 16Gi`
    findings.push({ path: [...path, 'uploadSize'], reason: 'InvalidValue', message })
  }
  for (const [index, cache] of site.caches.entries()) {
    if (caches.includes(cache)) continue
    const message = `the account has no cache ${cache}: add it to spec.caches, ${suggest(cache, caches)}`
    findings.push({ path: [...path, 'caches', index], reason: 'CacheUnknown', message })
  }
  if (site.runtime === undefined && site.cron.length > 0) {
    const message = 'needs a runtime: a site of files alone has nothing to run it'
    findings.push({ path: [...path, 'cron'], reason: 'InvalidValue', message })
  }
  return findings
}
