import { describe, expect, it } from 'vitest'
import { account, phpSite, service, settings } from '../../test/fakes/accounts.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { allocationOf } from './allocation.ts'
import { configDigest, containerDigest, sha256 } from './digest.ts'
import { formatPlan } from './format-plan.ts'
import { NO_IO_LIMITS } from './io-limits.ts'
import { makePlan } from './make-plan.ts'
import { render } from './render.ts'
import type { ResolvedAccount } from './resolved-account.ts'
import { type DesiredTenant, type ObservedTenant, UNLIMITED } from './resources.ts'
import type { ResourceId } from './steps.ts'

const desiredOf = (changes: Partial<ResolvedAccount> = {}): DesiredTenant =>
  render(account('alice', changes), allocationOf(settings, 0), settings, allKinds)

const nothing: ObservedTenant = {
  account: 'alice',
  user: 'absent',
  cgroup: 'absent',
  io: NO_IO_LIMITS,
  swap: 'counted',
  storage: { state: 'uncounted', cause: 'the tree is missing' },
  sandbox: 'absent',
  outbound: 'absent',
  nic: 'absent',
  traffic: 'unknown',
  bandwidth: { in: UNLIMITED, out: UNLIMITED },
  engine: 'stopped',
  runtimes: new Set(['runc']),
  context: 'absent',
  directories: new Set(),
  files: new Map(),
  secrets: new Set(),
  sites: new Set(),
  networks: new Map(),
  images: new Set(),
  jobs: new Set(),
  containers: new Map(),
  loadedConfig: new Map(),
  databases: new Map(),
  routes: new Map(),
  zones: new Map(),
  certificates: new Map(),
}

/** What a look shows when everything is as desired. */
const settled = (desired: DesiredTenant): ObservedTenant => {
  const files = new Map(desired.files.map(({ path, content }) => [path, sha256(content)]))
  return {
    account: 'alice',
    user: 'ours',
    cgroup: desired.limits,
    io: desired.io,
    swap: 'counted',
    storage: { state: 'counted', ...desired.storage, used: { bytes: 'unknown', inodes: 'unknown' } },
    sandbox: { pid: 7 },
    outbound: desired.outbound,
    nic: 'ready',
    traffic: 'unknown',
    bandwidth: desired.bandwidth,
    engine: 'running',
    runtimes: new Set(['runc']),
    context: 'ours',
    directories: new Set(desired.directories.map(({ path }) => path)),
    files,
    secrets: new Set(desired.secrets.map(({ path }) => path)),
    sites: new Set(desired.sites.map(({ domain }) => domain)),
    networks: new Map(
      desired.networks.map(({ name, internal, subnet, ipv6Subnet }) => [
        name,
        { id: `id-${name}`, internal, subnet, ipv6Subnet },
      ]),
    ),
    images: new Set(desired.containers.map(({ image }) => image.name)),
    jobs: new Set(),
    containers: new Map(
      desired.containers.map((container) => [
        container.name,
        {
          id: `id-${container.name}`,
          digest: containerDigest(container),
          state: 'running',
          health: 'healthy',
          networks: new Map(container.networks.map(({ network }) => [network, `id-${network}`])),
          limits: container.limits,
        },
      ]),
    ),
    loadedConfig: new Map(
      desired.containers
        .filter(({ configFiles }) => configFiles.length > 0)
        .map((container) => [container.name, configDigest(container, files)]),
    ),
    databases: new Map([['mariadb', { schemas: new Set(['shop']), owners: new Set(['shop@shop']) }]]),
    routes: new Map(desired.routes.map(({ host, entry }) => [host, entry])),
    zones: new Map(),
    certificates: new Map(),
  }
}

/** Beside what runs, the containers that `desired` adds end again and again. An engine tells no health of them. */
const restarting = (
  desired: DesiredTenant,
  observed: ObservedTenant,
): Pick<ObservedTenant, 'containers' | 'images'> => {
  const wanted = settled(desired)
  const added = [...wanted.containers].filter(([name]) => !observed.containers.has(name))
  return {
    images: wanted.images,
    containers: new Map([
      ...observed.containers,
      ...added.map(([name, container]) => [name, { ...container, state: 'restarting', health: 'none' }] as const),
    ]),
  }
}

const inventory = new Set<ResourceId>([
  'sandbox/alice',
  'container/nginx',
  'route/alice.example',
  'route/www.alice.example',
])

const withoutIpv6 = ({ networks }: ObservedTenant): ObservedTenant['networks'] =>
  new Map([...networks].map(([name, network]) => [name, { ...network, ipv6Subnet: 'none' }]))

const inventoryOfFiles = ({ files, tree }: DesiredTenant): ResourceId[] =>
  files.map(({ path }) => `file/${path.slice(tree.length + 1)}` as const)

describe('an account whose runtime class the host lacks', () => {
  it('is left as it is, and told what to install', () => {
    const plan = makePlan(desiredOf({ runtime: 'gvisor' }), nothing, new Set())
    expect(plan.steps).toEqual([])
    expect(plan.blocked).toEqual([
      expect.objectContaining({ reason: 'RuntimeNotInstalled', message: expect.stringContaining('runsc') }),
    ])
  })

  it('is made when it is there', () => {
    const plan = makePlan(desiredOf({ runtime: 'gvisor' }), { ...nothing, runtimes: new Set(['gvisor']) }, new Set())
    expect(plan.blocked).toEqual([])
    expect(plan.steps.some(({ action }) => action === 'createContainer')).toBe(true)
  })
})

describe('a plan', () => {
  const desired = desiredOf()
  const observed = settled(desired)
  const two = desiredOf({ sites: [phpSite('alice.example', '8.2'), phpSite('new.example', '8.2')] })
  const without = (name: string) => new Map([...observed.containers].filter(([key]) => key !== name))
  const nginx = observed.containers.get('nginx')
  const php = desired.containers.find(({ service }) => service === 'php-8.2')?.name ?? ''
  if (nginx === undefined) throw new Error('the fixture has nginx')

  const httpCache = { ...service('varnish', '7.1'), memoryBytes: 134_217_728 }
  const other = desiredOf({ sites: [phpSite('alice.example', '8.4')] })

  const cases: readonly [file: string, desired: DesiredTenant, observed: ObservedTenant, inventory: Set<ResourceId>][] =
    [
      ['cold-start', desired, nothing, new Set()],
      ['settled', desired, observed, inventory],
      ['container-removed', desired, { ...observed, containers: without(php) }, inventory],
      [
        'container-stopped',
        desired,
        {
          ...observed,
          containers: new Map([...observed.containers, ['nginx', { ...nginx, state: 'exited', limits: 'unknown' }]]),
        },
        inventory,
      ],
      [
        'engine-killed',
        desired,
        { ...observed, engine: 'stopped', containers: new Map(), networks: new Map(), images: new Set() },
        inventory,
      ],
      [
        'holder-killed',
        desired,
        {
          ...observed,
          sandbox: 'absent',
          nic: 'absent',
          engine: 'stopped',
          containers: new Map(),
          networks: new Map(),
          images: new Set(),
        },
        inventory,
      ],
      ['policy-opened', desired, { ...observed, outbound: { ...desired.outbound, smtp: true } }, inventory],
      ['firewall-lost', desired, { ...observed, outbound: 'absent' }, inventory],
      ['veth-deleted', desired, { ...observed, nic: 'absent' }, inventory],
      ['cgroup-services-unlimited', desired, { ...observed, cgroup: 'incomplete' }, inventory],
      ['io-limit-missing', desiredOf({ io: { ...NO_IO_LIMITS, writeBytes: 1_048_576 } }), observed, inventory],
      ['cgroup-limit-changed', desired, { ...observed, cgroup: { ...desired.limits, memoryBytes: 1 } }, inventory],
      [
        'service-limit-changed',
        desired,
        {
          ...observed,
          containers: new Map([
            ...observed.containers,
            ['nginx', { ...nginx, limits: { cpuMillis: 1, memoryBytes: 1, pids: 1 } }],
          ]),
        },
        inventory,
      ],
      [
        'network-deleted',
        desired,
        { ...observed, networks: new Map([...observed.networks].filter(([name]) => name !== 'db')) },
        inventory,
      ],
      ['ipv6-turned-on', desired, { ...observed, networks: withoutIpv6(observed) }, inventory],
      ['edge-entry-deleted', desired, { ...observed, routes: new Map() }, inventory],
      ['config-damaged', desired, { ...observed, files: new Map([...observed.files].slice(1)) }, inventory],
      ['foreign-user', desired, { ...nothing, user: 'foreign' }, new Set()],
      ['ids-of-another', desired, { ...nothing, user: 'overlapping' }, new Set()],
      ['foreign-context', desired, { ...observed, context: 'foreign' }, inventory],
      [
        'memory-raised',
        desiredOf({ limits: { ...desired.limits, memoryBytes: 2_147_483_648, cpuMillis: 2_000 } }),
        observed,
        inventory,
      ],
      ['php-version-changed', other, observed, inventory],
      ['successor-restarts', other, { ...observed, ...restarting(other, observed) }, inventory],
      [
        'site-added',
        desiredOf({ sites: [phpSite('alice.example', '8.2'), phpSite('new.example', '8.2')] }),
        observed,
        inventory,
      ],
      ['web-server-changed', desiredOf({ web: service('openresty', '1.22') }), observed, inventory],
      ['http-cache-added', desiredOf({ httpCache }), observed, inventory],
      [
        'web-server-changed-behind-http-cache',
        desiredOf({ httpCache, web: service('apache', '2.4') }),
        settled(desiredOf({ httpCache })),
        inventory,
      ],
      [
        'one-of-two-sites-to-another-php',
        desiredOf({ sites: [phpSite('alice.example', '8.4'), phpSite('new.example', '8.2')] }),
        settled(two),
        new Set<ResourceId>([...inventory, ...inventoryOfFiles(two)]),
      ],
      [
        'site-removed',
        desiredOf({ sites: [] }),
        observed,
        new Set<ResourceId>([...inventory, ...inventoryOfFiles(desired)]),
      ],
      [
        'schema-dropped',
        desiredOf({ databases: account('alice').databases.map((one) => ({ ...one, schemas: [] })) }),
        observed,
        new Set<ResourceId>([...inventory, 'schema/mariadb/shop', 'secret/secrets/app/mariadb-shop']),
      ],
      [
        'database-deleted',
        desiredOf({ databases: [] }),
        observed,
        new Set<ResourceId>([
          ...inventory,
          'directory/data/mariadb',
          'directory/secrets/mariadb',
          'directory/sockets/mariadb',
          'schema/mariadb/shop',
          'secret/secrets/app/mariadb-shop',
          'secret/secrets/mariadb/root',
        ]),
      ],
    ]

  it.each(cases)('%s', async (name, wanted, seen, made) => {
    await expect(formatPlan(makePlan(wanted, seen, made))).toMatchFileSnapshot(`golden/${name}.txt`)
  })

  it('suspends an account, a site, or sends aliases to the domain, by its routes alone, and rests its jobs', () => {
    const job = { name: 'tick', schedule: '* * * * *', timeZone: 'UTC', command: ['true'] as const, timeoutMs: 1_000 }
    const sites = [{ ...phpSite('a.example', '8.2'), jobs: [job] }, phpSite('b.example', '8.2')]
    const before = desiredOf({ sites })
    expect(before.jobs).toHaveLength(1)
    const plans = {
      account: desiredOf({ sites, suspended: true }),
      site: desiredOf({ sites: [{ ...(sites[0] ?? expect.unreachable()), suspended: true }, ...sites.slice(1)] }),
      aliases: desiredOf({ sites: sites.map((site) => ({ ...site, redirectAliases: true })) }),
    }
    const steps = Object.entries(plans).map(([what, desired]) => {
      const { steps: planned } = makePlan(desired, settled(before), new Set())
      return [
        what,
        desired.jobs.length,
        planned.map(({ action, target, after }) => `${action} ${target} ${after.length}`),
      ]
    })
    expect(steps).toEqual([
      ['account', 0, ['a', 'www.a', 'b', 'www.b'].map((host) => `publishRoute route/${host}.example 0`)],
      ['site', 0, ['a', 'www.a'].map((host) => `publishRoute route/${host}.example 0`)],
      ['aliases', 1, ['www.a', 'www.b'].map((host) => `publishRoute route/${host}.example 0`)],
    ])
  })

  it('names the steps that come before a step, and only earlier ones', () => {
    for (const { id, after, behind } of makePlan(desired, nothing, new Set()).steps)
      for (const other of [...after, ...behind]) expect(other).toBeLessThan(id)
  })
})
