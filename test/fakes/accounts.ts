import type { Specs, SpecVerdict } from '../../src/control/specs.ts'
import type { ResolvedAccount, ResolvedService, ResolvedSite } from '../../src/plan/resolved-account.ts'
import { UNLIMITED } from '../../src/plan/resources.ts'
import type { HostSettings } from '../../src/plan/settings.ts'
import { dnsSettings } from '../fixtures/dns-settings.ts'
import { tlsSettings } from '../fixtures/tls-settings.ts'

export const settings: HostSettings = {
  instance: 'palisade',
  stateDirectory: '/var/lib/palisade',
  runDirectory: '/run/palisade',
  machineId: '',
  kernelIpv6: true,
  dataRoot: '/var/lib/palisade',
  storageImage: 'none',
  interfacePrefix: 'pal',
  ipv4Pool: '10.90.0.0/16',
  ipv6Pool: 'fd00:90::/64',
  uidBase: 1_073_000_000,
  subIdBase: 1_073_741_824,
  httpPort: 80,
  httpsPort: 443,
  askPort: 2_021,
  maxRequestBodyBytes: 17_179_869_184,
  trustedProxies: [],
  tls: tlsSettings(),
  dns: dnsSettings(),
  resyncMs: 600_000,
  deletionMaxPercent: 25,
  deletionConfirmed: [],
  retainData: true,
  imagePreference: 'recipe',
  registry: '',
  registryInsecure: false,
  domains: { assigned: [], reserved: [] },
  metricsListen: '',
}

export const service = (kind: string, version: string): ResolvedService => ({
  kind,
  version,
  image: { name: `${kind}:${version}`, sources: [{ from: 'recipe', recipe: `${kind}-${version}` }] },
})

/** A site of files, as a spec that says nothing of it has it. */
export const staticSite = (domain: string, changes: Partial<ResolvedSite> = {}): ResolvedSite => ({
  domain,
  aliases: [`www.${domain}`],
  redirectAliases: false,
  suspended: false,
  tls: { mode: 'default' },
  documentRoot: '',
  runtime: 'static',
  memoryBytes: 268_435_456,
  index: ['index.html'],
  uploadBytes: 67_108_864,
  redirects: [],
  headers: [],
  environment: [],
  caches: [],
  healthPath: '/',
  jobs: [],
  ...changes,
})

export const runtimeSite = (domain: string, kind: string, version: string, entry: string): ResolvedSite =>
  staticSite(domain, { runtime: { ...service(kind, version), entry, interface: 'wsgi', ini: {} } })

export const phpSite = (domain: string, version: string): ResolvedSite => ({
  ...runtimeSite(domain, 'php', version, ''),
  index: ['index.php', 'index.html'],
})

/** nginx, one PHP site and MariaDB with one schema. */
export const account = (name: string, changes: Partial<ResolvedAccount> = {}): ResolvedAccount => ({
  name,
  limits: { cpuMillis: 1_000, memoryBytes: 1_073_741_824, pids: 512 },
  io: { readBytes: UNLIMITED, writeBytes: UNLIMITED, readOperations: UNLIMITED, writeOperations: UNLIMITED },
  storage: { bytes: UNLIMITED, inodes: UNLIMITED },
  bandwidth: { in: UNLIMITED, out: UNLIMITED },
  outbound: { internet: true, smtp: false, hostedSites: true, privateRanges: [] },
  web: service('nginx', '1.22'),
  sites: [phpSite(`${name}.example`, '8.2')],
  databases: [
    {
      ...service('mariadb', '10.11'),
      memoryBytes: 536_870_912,
      schemas: [{ name: 'shop', owner: 'shop' }],
    },
  ],
  caches: [],
  tools: [],
  runtime: 'runc',
  zones: [],
  removedData: 'retain',
  suspended: false,
  ...changes,
})

/** Specs that a test edits. */
export class EditableSpecs implements Specs {
  readonly verdicts = new Map<string, SpecVerdict>()

  put(resolved: ResolvedAccount): this {
    this.verdicts.set(resolved.name, { state: 'valid', resolved, spec: { web: { server: resolved.web.kind } } })
    return this
  }

  find(name: string): SpecVerdict {
    return this.verdicts.get(name) ?? { state: 'absent' }
  }

  names(): ReadonlySet<string> {
    return new Set(this.verdicts.keys())
  }

  revision(): string | undefined {
    return undefined
  }
}
