import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { staticSite } from '../../test/fakes/accounts.ts'
import { dnsSettings } from '../../test/fixtures/dns-settings.ts'
import { tlsSettings } from '../../test/fixtures/tls-settings.ts'
import { formatProblem } from '../api/problem.ts'
import { allKinds } from '../kinds/all-kinds.ts'
import { resolveIpv6Pool } from '../plan/ipv6-pool.ts'
import { UNLIMITED } from '../plan/resources.ts'
import { loadSpecs } from './load-specs.ts'
import { loadSpecContext } from './spec-context.ts'
import { readSpecFiles, type SpecCache } from './spec-files.ts'
import { resolveHost } from './spec-host.ts'
import { problemsOf, type SpecSet } from './spec-set.ts'

const IMAGES = new Map(
  ['nginx', 'php-8.2', 'php-8.4', 'mariadb-10.11', 'php-custom'].map((recipe) => [recipe, `palisade/${recipe}:test`]),
)
const image = (recipe: string, reference: string) => ({
  name: `palisade/${recipe}:test`,
  sources: [
    { from: 'recipe', recipe },
    { from: 'registry', reference },
  ],
})
const context = await loadSpecContext(allKinds, IMAGES)

const object = (kind: string, name: string, spec: string): string =>
  `apiVersion: palisade.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`
const account = (name: string, spec = '{}'): string => object('Account', name, spec)

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'palisade-specs-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const write = async (path: string, text: string | Uint8Array): Promise<string> => {
  const file = join(directory, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}
const load = (options: { cache?: SpecCache; unsettled?: ReadonlySet<string> } = {}) =>
  loadSpecs(directory, context, options)
const messages = ({ problems }: SpecSet): string =>
  problems.map((problem) => formatProblem(problem).replaceAll(`${directory}/`, '')).join('\n')
/** An old enough file is trusted to have a new stamp when it changes. */
const age = (file: string) => utimes(file, 1, 1)

describe('what is read', () => {
  test('files at any depth; nothing that editors or Git leave', async () => {
    await write('a.yaml', account('alice'))
    await write('deep/er/b.yml', account('bob'))
    for (const name of ['c.yaml~', '.c.yaml', '#c.yaml#', '.#c.yaml', '.c.yaml.swp', '4913', '.git/c.yaml', 'c.txt']) {
      await write(name, account('carol'))
    }
    const set = await load()
    expect([...set.accounts.keys()].sort()).toEqual(['alice', 'bob'])
    expect(set).toMatchObject({ health: 'ok', complete: true, problems: [], host: 'absent' })
  })

  test('an account is resolved with its plan and the catalog', async () => {
    await write('plan.yaml', object('Plan', 'starter', '{ defaults: { limits: { memory: 2Gi } } }'))
    await write('site/index.php', '<?php')
    await write(
      'a.yaml',
      account('alice', '{ plan: starter, sites: [{ domain: a.test, runtime: { php: "8.2" }, seed: site }] }'),
    )
    expect((await load()).accounts.get('alice')?.resolved).toEqual({
      name: 'alice',
      limits: { cpuMillis: 1000, memoryBytes: 2 * 2 ** 30, pids: 512 },
      io: { readBytes: UNLIMITED, writeBytes: UNLIMITED, readOperations: UNLIMITED, writeOperations: UNLIMITED },
      storage: { bytes: UNLIMITED, inodes: UNLIMITED },
      bandwidth: { in: UNLIMITED, out: UNLIMITED },
      outbound: { internet: true, smtp: false, hostedSites: true, privateRanges: [] },
      web: { kind: 'nginx', version: '1.22', image: image('nginx', 'docker.io/library/nginx:1.22') },
      sites: [
        {
          ...staticSite('a.test'),
          aliases: [],
          index: ['index.php', 'index.html'],
          seed: join(directory, 'site'),
          runtime: {
            kind: 'php',
            version: '8.2',
            image: image('php-8.2', 'docker.io/library/php:8.2-fpm'),
            entry: '',
            interface: 'wsgi',
            ini: {},
          },
        },
      ],
      databases: [],
      caches: [],
      tools: [],
      runtime: 'runc',
      zones: [],
      removedData: 'retain',
      suspended: false,
    })
  })

  test('an empty directory, one without objects, and none at all', async () => {
    expect(await load()).toMatchObject({ health: 'empty', complete: true })
    await write('a.yaml', '# nothing yet\n')
    expect((await load()).health).toBe('empty')
    await rm(directory, { recursive: true })
    expect(await load()).toMatchObject({ health: 'unreadable', complete: false })
  })

  test('a file without a single byte may have held any object', async () => {
    await write('a.yaml', account('alice'))
    await write('b.yaml', '')
    const set = await load()
    expect(set).toMatchObject({ health: 'ok', complete: false })
    expect([...set.accounts.keys()]).toEqual(['alice'])
    expect(messages(set)).toContain('b.yaml:1:1: is empty')
  })

  test("YAML of a customer's site is no spec", async () => {
    await write('site/config/services.yaml', 'services: !php/const X\n')
    await write('a.yaml', account('alice', '{ sites: [{ domain: a.test, seed: site }] }'))
    expect(messages(await load())).toBe('')
  })

  test('links inside the directory count once, circles end', async () => {
    await write('real/a.yaml', account('alice'))
    await symlink('real/a.yaml', join(directory, 'again.yaml'))
    await symlink('..', join(directory, 'real/up'))
    await write('.store/b.yaml', account('bob'))
    await symlink('.store/b.yaml', join(directory, 'b.yaml'))
    const set = await load()
    expect(messages(set)).toBe('')
    expect([...set.accounts.keys()].sort()).toEqual(['alice', 'bob'])
  })
})

describe('what is refused, while others are untouched', () => {
  const cases: [string, (file: string) => Promise<unknown>, string][] = [
    [
      'a 100 MB file',
      async (file) => {
        await writeFile(file, '')
        await truncate(file, 100 * 2 ** 20)
      },
      'bad.yaml:1:1: has 104857600 bytes: at most 1048576 are read',
    ],
    ['a FIFO', async (file) => execFileSync('mkfifo', [file]), 'bad.yaml:1:1: is no regular file'],
    ['a device by a link', (file) => symlink('/dev/zero', file), 'leads out of the directory'],
    ['a link to a file outside', (file) => symlink('/etc/passwd', file), 'leads out of the directory'],
    ['a link to a directory outside', (file) => symlink('/etc', file), 'leads out of the directory'],
    ['a link to nowhere', (file) => symlink('nowhere', file), 'leads nowhere: ENOENT'],
    ['a link to itself', (file) => symlink('bad.yaml', file), 'leads nowhere: ELOOP'],
    ['binary garbage', (file) => writeFile(file, Buffer.from([0x6b, 0xff, 0xfe])), 'is no UTF-8 text'],
    ['NUL', (file) => writeFile(file, 'kind: \0'), 'bad.yaml:1:7: holds a NUL character'],
  ]
  test.each(cases)('%s', async (_, make, complaint) => {
    await write('good.yaml', account('alice'))
    await make(join(directory, 'bad.yaml'))
    const set = await load()
    expect(messages(set)).toContain(complaint)
    expect([...set.accounts.keys()]).toEqual(['alice'])
    expect(set.complete).toBe(false)
  })

  test.each([
    ['a plan that is missing', '{ plan: startr }', 'spec.plan: there is no plan startr: did you mean starter?'],
    [
      'too much memory',
      '{ plan: starter, limits: { memory: 5Gi } }',
      "spec.limits.memory: 5Gi is above the plan's ceiling of 4Gi",
    ],
    [
      'too many sites',
      '{ plan: starter, sites: [{ domain: a.test }, { domain: b.test }] }',
      "spec.sites: 2 are above the plan's ceiling of 1",
    ],
    [
      'too many zones',
      '{ plan: starter, zones: [{ name: a.test }, { name: b.test }] }',
      "spec.zones: 2 are above the plan's ceiling of 1",
    ],
    ['a version that is not offered', '{ web: { server: nginx, version: "9" } }', 'there is no'],
    [
      'an engine that is none',
      '{ databases: [{ engine: nginx }] }',
      'spec.databases[0].engine: there is no nginx here',
    ],
    [
      'a seed that is missing',
      '{ sites: [{ domain: a.test, seed: nowhere }] }',
      'spec.sites[0].seed: there is no directory',
    ],
    [
      'a seed that leads out',
      '{ sites: [{ domain: a.test, seed: out }] }',
      'spec.sites[0].seed: leads out of the directory',
    ],
  ])('%s', async (name, spec, complaint) => {
    await write('plan.yaml', object('Plan', 'starter', '{ ceilings: { limits: { memory: 4Gi }, sites: 1, zones: 1 } }'))
    await symlink('/etc', join(directory, '.outside'))
    if (name === 'a seed that leads out') await symlink('/etc', join(directory, 'out'))
    await write('a.yaml', account('alice', spec))
    await write('b.yaml', account('bob'))
    const set = await load()
    const expected = name === 'a version that is not offered' ? 'the catalog has no nginx 9: it has 1.22' : complaint
    expect(messages(set)).toContain(expected)
    expect([...set.accounts.keys()]).toEqual(['bob'])
    expect(problemsOf(set, 'Account', 'alice')).toHaveLength(1)
    expect([...set.accountNames].sort()).toEqual(['alice', 'bob'])
  })

  test('the place of what does not go together is that in the file', async () => {
    await write('a.yaml', `# first\n---\n${account('alice', '\n  plan: gold')}`)
    expect(messages(await load())).toBe('a.yaml:7:9: spec.plan: there is no plan gold: there is none')
  })

  test('a plan that is broken', async () => {
    await write('plan.yaml', object('Plan', 'starter', '{ x: 1 }'))
    await write('a.yaml', account('alice', '{ plan: starter }'))
    expect(messages(await load())).toContain('a.yaml:4:15: spec.plan: the plan starter has errors itself')
  })

  test('one name in two files: both, whatever their order and state', async () => {
    await write('a.yaml', account('alice'))
    await write('z.yaml', account('alice', '{ x: 1 }'))
    const set = await load()
    expect(set.accounts.size).toBe(0)
    expect(messages(set)).toContain(`a.yaml:1:1: metadata.name: Account alice stands also at z.yaml:1`)
    expect(messages(set)).toContain(`z.yaml:1:1: metadata.name: Account alice stands also at a.yaml:1`)
    await rename(join(directory, 'a.yaml'), join(directory, 'zz.yaml'))
    expect((await load()).accounts.size).toBe(0)
  })

  test('two hosts', async () => {
    await write('a.yaml', `${object('Host', 'one', '{}')}---\n${object('Host', 'two', '{}')}`)
    const set = await load()
    expect(set.host).toBe('invalid')
    expect(set.problems.map(({ reason }) => reason)).toEqual(['SecondHost', 'SecondHost'])
  })
})

describe('the catalog', () => {
  const php = (version: string, recipe: string, more = ''): string =>
    `{ services: [{ kind: php, ${more}versions: [{ version: "${version}", recipe: ${recipe} }] }] }`
  const site = '{ sites: [{ domain: a.test, runtime: { php: "8.2" } }] }'

  test("the administrator's entries are laid over the default's", async () => {
    await write('c.yaml', object('Catalog', 'mine', php('8.2', 'php-custom')))
    await write('a.yaml', account('alice', site))
    const set = await load()
    expect(set.accounts.get('alice')?.resolved.sites[0]?.runtime).toMatchObject({
      image: { name: 'palisade/php-custom:test', sources: [{ from: 'recipe', recipe: 'php-custom' }] },
    })
    const packaged = context.catalog.services.find(({ kind }) => kind === 'php')?.versions ?? []
    expect(set.catalog.services.find(({ kind }) => kind === 'php')?.versions).toEqual(
      packaged.map((entry) => (entry.version === '8.2' ? { version: '8.2', recipe: 'php-custom' } : entry)),
    )
  })

  test.each([
    ['a recipe that is missing', php('8.2', 'php-8.3'), 'there is no recipe php-8.3 in images/: did you mean php-8.2?'],
    [
      'a default that is missing',
      php('8.2', 'php-8.2', 'default: "9.9", '),
      'spec.services[0].default: 9.9 is not among',
    ],
    [
      'a kind that is missing',
      php('8.2', 'php-8.2').replace('php', 'phq'),
      'phq is no kind of service: did you mean php?',
    ],
    ['an unknown field', '{ services: [], x: 1 }', 'is no field here'],
  ])('%s: nobody falls back to another image', async (_, spec, complaint) => {
    await write('c.yaml', object('Catalog', 'mine', spec))
    await write('a.yaml', account('alice', site))
    const set = await load()
    expect(messages(set)).toContain(complaint)
    expect(problemsOf(set, 'Account', 'alice').map(({ reason }) => reason)).toEqual(['CatalogInvalid'])
    expect(set.accounts.size).toBe(0)
  })

  test('one version in two catalogs', async () => {
    await write('c.yaml', object('Catalog', 'one', php('8.2', 'php-8.2')))
    await write('d.yaml', object('Catalog', 'two', php('8.2', 'php-custom')))
    expect(messages(await load())).toContain('php 8.2 stands in the Catalog one too')
  })
})

describe('reading again', () => {
  test('only what changed is parsed again', async () => {
    const cache: SpecCache = new Map()
    for (const name of ['alice', 'bob']) await age(await write(`${name}.yaml`, account(name)))
    const later = { schemas: context.schemas, cache, now: () => Date.now() + 60_000 }
    const first = await readSpecFiles(directory, later)
    await write('bob.yaml', account('bob', '{ plan: x }'))
    const second = await readSpecFiles(directory, later)
    const parsed = (files: typeof first, name: string) =>
      files.readable ? files.files.find(({ path }) => path.endsWith(name))?.parsed : undefined
    expect(parsed(second, 'alice.yaml')).toBe(parsed(first, 'alice.yaml'))
    expect(parsed(second, 'bob.yaml')).not.toBe(parsed(first, 'bob.yaml'))
  })

  test('a file in the making, or gone for a moment, stays in force as it was', async () => {
    const cache: SpecCache = new Map()
    const file = await write('a.yaml', account('alice'))
    await load({ cache })
    await writeFile(file, 'kind: Acc')
    const unsettled = new Set([file])
    expect(await load({ cache, unsettled })).toMatchObject({ complete: true, problems: [] })
    await rm(file)
    expect((await load({ cache, unsettled })).accounts.has('alice')).toBe(true)
    expect((await load({ cache })).accounts.has('alice')).toBe(false)
  })

  test('a new file in the making is not judged, but nothing counts as deleted', async () => {
    const file = await write('a.yaml', 'kind: Acc')
    expect(await load({ cache: new Map(), unsettled: new Set([file]) })).toMatchObject({
      complete: false,
      problems: [],
    })
  })

  test('whom a file spoke of before it broke is remembered', async () => {
    const cache: SpecCache = new Map()
    const file = await write('a.yaml', account('alice'))
    await load({ cache })
    await truncate(file, 5 * 2 ** 20)
    const set = await load({ cache })
    expect([...set.accountNames]).toEqual(['alice'])
    expect(problemsOf(set, 'Account', 'alice').map(({ reason }) => reason)).toEqual(['TooLarge'])
  })
})

test('the quickstart is valid', async () => {
  const examples = fileURLToPath(new URL('../../examples/quickstart', import.meta.url))
  const set = await loadSpecs(examples, context)
  expect(messages(set)).toBe('')
  expect([...set.accounts.keys()]).toEqual(['hello'])
})

describe('resolveHost', () => {
  const flags = {
    stateDirectory: '/var/lib/palisade',
    runDirectory: '/run/palisade',
    machineId: 'a1',
    kernelIpv6: true,
  }
  const defaults = {
    ...flags,
    instance: 'palisade',
    dataRoot: '/var/lib/palisade',
    storageImage: 'none',
    interfacePrefix: 'pal',
    ipv4Pool: '10.90.0.0/16',
    ipv6Pool: resolveIpv6Pool('auto', 'a1 palisade'),
    uidBase: 1073000000,
    subIdBase: 1073741824,
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

  test('all defaults without an object', () => expect(resolveHost(undefined, flags, context.schemas)).toEqual(defaults))

  test('what the object says', async () => {
    await write('h.yaml', object('Host', 'h', '{ dataRoot: /srv/tenants, resync: 1h, deletion: { confirmed: [bob] } }'))
    const { host } = await load()
    if (host === 'absent' || host === 'invalid') throw new Error(`the host is ${host}`)
    expect(resolveHost(host, flags, context.schemas)).toEqual({
      ...defaults,
      dataRoot: '/srv/tenants',
      resyncMs: 3_600_000,
      deletionConfirmed: ['bob'],
    })
  })
})
