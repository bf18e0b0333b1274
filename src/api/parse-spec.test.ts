import { describe, expect, test } from 'vitest'
import { parseSpecText } from './parse-spec.ts'
import { formatProblem } from './problem.ts'
import { loadSchemas } from './schemas.ts'
import { ofKind } from './spec-object.ts'

const schemas = await loadSchemas()
const parse = (text: string) => parseSpecText(text, 'spec.yaml', schemas)
const complaints = (text: string): string[] => parse(text).problems.map(formatProblem)

const account = (spec: string, name = 'alice'): string =>
  `apiVersion: palisade.dev/v1\nkind: Account\nmetadata:\n  name: ${name}\nspec:\n${spec.replaceAll(/^(?=.)/gm, '  ')}`
const host = (spec: string): string => account(spec).replace('kind: Account', 'kind: Host')
const plan = (spec: string): string => account(spec).replace('kind: Account', 'kind: Plan')
const catalog = (spec: string): string => account(spec).replace('kind: Account', 'kind: Catalog')
const site = (fields: string): string => account(`sites:\n  - domain: a.test\n    ${fields}`)

const FULL = account(`plan: starter
limits: { cpu: "1.5", memory: 4Gi, pids: 512 }
web: { server: nginx, version: "1.22" }
sites:
  - domain: site1.com
    aliases: [www.site1.com]
    runtime: { php: "8.2" }
    documentRoot: public/web
    seed: site
  - domain: hello.localhost
databases:
  - engine: mariadb
    version: "10.11"
    memory: 512Mi
    schemas:
      - { name: shop, owner: shop }
`)

/** What a site has that says nothing of it. */
const SITE_DEFAULTS = {
  aliases: [],
  redirectAliases: false,
  suspended: false,
  tls: {},
  memory: '256Mi',
  uploadSize: '64Mi',
  redirects: [],
  headers: [],
  environment: [],
  caches: [],
  healthPath: '/',
  cron: [],
}

describe('what is right', () => {
  test('a full account is taken as it is written, with defaults', () => {
    const [object] = ofKind(parse(FULL).objects, 'Account')
    expect(object?.value.spec).toEqual({
      plan: 'starter',
      limits: { cpu: '1.5', memory: '4Gi', pids: 512 },
      network: { internet: true, smtp: false, hostedSites: true, privateRanges: [] },
      web: { server: 'nginx', version: '1.22' },
      sites: [
        {
          ...SITE_DEFAULTS,
          domain: 'site1.com',
          aliases: ['www.site1.com'],
          runtime: { php: '8.2' },
          documentRoot: 'public/web',
          seed: 'site',
        },
        { ...SITE_DEFAULTS, domain: 'hello.localhost' },
      ],
      databases: [{ engine: 'mariadb', version: '10.11', memory: '512Mi', schemas: [{ name: 'shop', owner: 'shop' }] }],
      caches: [],
      runtimeClass: 'runc',
      zones: [],
      removedData: 'retain',
      suspended: false,
    })
    expect(complaints(FULL)).toEqual([])
  })

  test('the least account, and the least host, get every default', () => {
    expect(ofKind(parse(account('{}\n')).objects, 'Account')[0]?.value.spec).toEqual({
      limits: {},
      network: { internet: true, smtp: false, hostedSites: true, privateRanges: [] },
      web: { server: 'nginx' },
      sites: [],
      databases: [],
      caches: [],
      runtimeClass: 'runc',
      zones: [],
      removedData: 'retain',
      suspended: false,
    })
    expect(ofKind(parse(host('{}\n')).objects, 'Host')[0]?.value.spec).toEqual({
      instance: 'palisade',
      storage: {},
      tls: { mode: 'acme', directory: 'https://acme-v02.api.letsencrypt.org/directory', resolvers: [] },
      network: { interfacePrefix: 'pal', ipv4Pool: '10.90.0.0/16', ipv6Pool: 'auto' },
      pools: { uidBase: 1073000000, subIdBase: 1073741824 },
      edge: { httpPort: 80, httpsPort: 443, askPort: 2021, maxRequestBody: '16Gi', trustedProxies: [] },
      images: { prefer: 'recipe', insecure: false },
      dns: {
        addresses: [],
        nameServers: [],
        reverse: [],
        listen: [],
        port: 53,
        controlPort: 953,
        ttl: 3600,
        dnssec: false,
        certificateAuthorities: ['letsencrypt.org'],
        secondaries: [],
      },
      domains: { assigned: [], reserved: [] },
      metrics: {},
      resync: '10m',
      deletion: { maxPercent: 25, confirmed: [], retainData: true },
    })
  })

  test('several documents, comments, empty documents, JSON and a byte order mark', () => {
    const json = JSON.stringify({
      apiVersion: 'palisade.dev/v1',
      kind: 'Plan',
      metadata: { name: 'p', labels: { a: 'b' } },
      spec: {},
    })
    const parsed = parse(`\uFEFF# first\n---\n${FULL}---\n---\n# none\n---\n${json}\n`)
    expect(parsed.problems).toEqual([])
    expect(parsed.objects.map(({ kind, name }) => `${kind}/${name}`)).toEqual(['Account/alice', 'Plan/p'])
    expect(parsed.readable).toBe(true)
  })

  test('a field is found again by its path', () => {
    const [object] = parse(`---\n${FULL}`).objects
    expect(object?.position).toEqual({ file: 'spec.yaml', line: 2, column: 1 })
    expect(object?.locate(['spec', 'limits', 'memory'])).toEqual({ file: 'spec.yaml', line: 8, column: 33 })
    expect(object?.locate(['spec', 'databases', 0, 'version'])).toEqual({ file: 'spec.yaml', line: 19, column: 16 })
  })

  test('a few anchors may save typing', () => {
    const text = account(
      'sites:\n  - { domain: a.test, runtime: &r { php: "8.2" } }\n  - { domain: b.test, runtime: *r }\n',
    )
    expect(complaints(text)).toEqual([])
  })

  test.each(['a.localhost', 'xn--mnchen-3ya.de', `${'a'.repeat(63)}.test`, '1and1.com'])('the host name %s', (domain) =>
    expect(complaints(account(`sites: [{ domain: ${domain} }]\n`))).toEqual([]),
  )
})

describe('what is wrong', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 9; level++) {
    const before = String.fromCharCode(96 + level)
    const name = String.fromCharCode(97 + level)
    bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`)
  }

  test.each([
    ['unknown field', account('memmory: 1Gi\n'), '6:3: spec.memmory: is no field here: there are plan, limits,'],
    [
      'slip in a field',
      account('limits: { memmory: 1Gi }\n'),
      '6:13: spec.limits.memmory: is no field here: did you mean memory?',
    ],
    ['unknown field at the root', `${account('{}\n')}extra: 1\n`, '7:1: extra: is no field here'],
    [
      'unknown field in metadata',
      account('{}\n').replace('name:', 'nam: x\n  name:'),
      '4:3: metadata.nam: is no field here: did you mean name?',
    ],
    ['status in a spec', `${account('{}\n')}status: {}\n`, '7:1: status: is written by the operator: remove it'],
    ['wrong type, list', account('sites: yes\n'), '6:10: spec.sites: must be a list'],
    ['wrong type, map', account('web: nginx\n'), '6:8: spec.web: must be a map of fields'],
    ['wrong type, number', account('limits: { pids: many }\n'), '6:19: spec.limits.pids: must be a whole number'],
    ['empty field', account('plan:\n'), 'spec.plan: is empty: give it a value, or remove it'],
    [
      'version as a number',
      account('web: { server: nginx, version: 1.20 }\n'),
      '6:34: spec.web.version: must be text: write it in quotes, "1.20"',
    ],
    [
      'php as a number',
      site('runtime: { php: 8.2 }\n'),
      'spec.sites[0].runtime.php: must be text: write it in quotes, "8.2"',
    ],
    ['cpu as a fraction', account('limits: { cpu: 0.5 }\n'), 'write it in quotes, "0.5"'],
    [
      'cpu that is none',
      account('limits: { cpu: two }\n'),
      '"two" is no amount of CPU: write cores such as 2, "0.5" or 500m',
    ],
    ['cpu of nothing', account('limits: { cpu: 0 }\n'), '0 is too little: at least 10m is needed'],
    ['negative memory', account('limits: { memory: -1Gi }\n'), '-1Gi is less than nothing'],
    ['memory in GB', account('limits: { memory: 4GB }\n'), '"4GB" is no amount of memory: write bytes such as 512Mi'],
    ['memory in thousandths', account('limits: { memory: 500m }\n'), '500Mi would be mebibytes'],
    ['bandwidth in bytes', account('limits: { bandwidth: { in: 200MB } }\n'), '"200MB" is no bandwidth: write bits'],
    ['bandwidth of nothing', account('limits: { bandwidth: { out: 0 } }\n'), 'at least 100k is needed'],
    ['storage for no image', account('limits: { storage: 1Mi }\n'), '1Mi is too little: at least 256Mi is needed'],
    ['a network that is none', account('network: { privateRanges: [10.1.2.3] }\n'), 'must be a network such as'],
    ['bits behind the prefix', account('network: { privateRanges: [10.1.2.3/8] }\n'), 'no bits set behind the prefix'],
    [
      'preload of HSTS for a short while',
      account('sites: [{ domain: a.test, tls: { hsts: { preload: true, maxAge: 60 } } }]\n'),
      'tls.hsts.preload: needs includeSubdomains: true and a maxAge of at least 31536000',
    ],
    ['too few pids', account('limits: { pids: 5 }\n'), 'must be at least 128'],
    [
      'missing field',
      account('databases: [{ version: "10.11" }]\n'),
      '6:15: spec.databases[0]: lacks the field engine',
    ],
    [
      'missing spec',
      'apiVersion: palisade.dev/v1\nkind: Account\nmetadata: { name: a }\n',
      '1:1: lacks the field spec',
    ],
    [
      'missing name',
      'apiVersion: palisade.dev/v1\nkind: Account\nmetadata: {}\nspec: {}\n',
      'metadata: lacks the field name',
    ],
    ['missing kind', 'apiVersion: palisade.dev/v1\n', '1:1: lacks the field kind'],
    [
      'unknown kind',
      account('{}\n').replace('Account', 'Acount'),
      '2:7: kind: "Acount" is no kind of object here: did you mean Account?',
    ],
    ['other version', account('{}\n').replace('dev/v1', 'dev/v2'), '1:13: apiVersion: must be palisade.dev/v1'],
    ['no object', '- a\n- b\n', '1:1: must be an object'],
    ['two runtimes or none', site('runtime: {}\n'), 'must name exactly one of: php'],
    [
      'unknown runtime',
      site('runtime: { ruby: "3" }\n'),
      'spec.sites[0].runtime.ruby: is no field here: there is php, node, python',
    ],
    ['two runtimes', site('runtime: { node: "20", php: "8.2" }\n'), 'must name exactly one of: php, node, python'],
    ['Node.js without an entry', site('runtime: { node: "20" }\n'), 'lacks the field entry: a file such as server.js'],
    ['entry outside', site('runtime: { node: "20", entry: ../server.js }\n'), 'must be a file inside the site'],
    ['absolute entry', site('runtime: { node: "20", entry: /server.js }\n'), 'must be a file inside the site'],
    [
      'entry of PHP',
      site('runtime: { php: "8.2", entry: index.php }\n'),
      'runtime.entry: is no field of a site with php',
    ],
    ['file for Python', site('runtime: { python: "3.11", entry: app.py }\n'), 'must be module and application'],
    [
      'setting of PHP that is not ours to give',
      site('runtime: { php: "8.2", ini: { extension: x.so } }\n'),
      'ini.extension: is no field here',
    ],
    [
      'size of PHP with a line',
      site('runtime: { php: "8.2", ini: { memory_limit: "1M\\nextension=x" } }\n'),
      'must be a size such as 128M',
    ],
    [
      'interface that is none',
      site('runtime: { python: "3.11", entry: "a:b", interface: cgi }\n'),
      'must be one of wsgi, asgi',
    ],
    ['header with a line', site('headers: [{ name: X-A, value: "a\\r\\nX-B: c" }]\n'), 'must be printable ASCII'],
    [
      'header of the connection',
      site('headers: [{ name: Connection, value: close }]\n'),
      'is set by the web server itself',
    ],
    [
      'variable of a request',
      site('environment: [{ name: PHP_ADMIN_VALUE, value: x }]\n'),
      'is set by Palisade or by the web server',
    ],
    ['variable with a line', site('environment: [{ name: A, value: "a\\nb" }]\n'), 'has a control character'],
    ['redirect with a variable', site('redirects: [{ from: /a$b, to: / }]\n'), 'must be a path such as /old'],
    [
      'redirect to a script',
      site('redirects: [{ from: /a, to: "javascript:alert(1)" }]\n'),
      'must be a path such as /new',
    ],
    [
      'redirect from a control character',
      site('redirects: [{ from: /a%0a, to: / }]\n'),
      'stands for no printable character',
    ],
    ['cache that the account lacks', site('caches: [redis]\n'), 'the account has no cache redis'],
    ['job of a site of files', site('cron: [{ name: a, schedule: "* * * * *", command: [a] }]\n'), 'needs a runtime'],
    [
      'schedule of six fields',
      site('cron: [{ name: a, schedule: "* * * * * *", command: [a] }]\n'),
      'is no schedule of five fields',
    ],
    [
      'command with NUL',
      site('cron: [{ name: a, schedule: "* * * * *", command: ["a\\0b"] }]\n'),
      'has a control character',
    ],
    [
      'phpMyAdmin for PostgreSQL',
      account('databases: [{ engine: postgres, admin: { domain: pma.test } }]\n'),
      'phpMyAdmin serves mariadb and mysql, not postgres',
    ],
    [
      'host of a tool that is a site',
      account('sites: [{ domain: a.test }]\nfileManager: { domain: a.test }\n'),
      'a.test stands twice in this account',
    ],
    ['reserved name', account('{}\n', 'root'), '4:9: metadata.name: "root" is reserved'],
    ['name of a system user', account('{}\n', 'www-data'), '"www-data" is reserved'],
    ["name of Docker's own context", account('{}\n', 'default'), '"default" is reserved'],
    ['too long name', account('{}\n', 'a'.repeat(32)), 'is too long: it has 32 characters, at most 31'],
    ['name in capitals', account('{}\n', 'Alice'), '"Alice" must be lower-case letters'],
    ['name with a path', account('{}\n', '../alice'), '"../alice" must be lower-case letters'],
    ['name as a number', account('{}\n', '007'), 'metadata.name: must be text: write it in quotes, "007"'],
    ['duplicate key', account('plan: a\nplan: b\n'), '7:3: the key "plan" stands here twice: remove one'],
    ['tab', 'kind: Account\nspec:\n\tplan: a\n', '3:1: Tabs are not allowed as indentation'],
    ['unknown tag', account('plan: !secret x\n'), '6:9: Unresolved tag: !secret'],
    ['tag of another schema', account('plan: !!binary aGk=\n'), 'is a tag that means nothing here'],
    ['unknown alias', account('plan: *p\n'), '6:9: no anchor &p before'],
    ['YAML bomb', `${bomb.join('\n')}\n`, 'its aliases come to too much'],
    ['many aliases', `a: &a 1\nb: [${'*a, '.repeat(200)}]\n`, 'more than 100 aliases'],
    ['deep nesting', '['.repeat(100_000), 'is nested more than 64 levels deep'],
    ['deep maps', 'a: {b: '.repeat(50_000), 'is nested more than 64 levels deep'],
    ['very many values', 'k: [\n'.concat(' 1,\n'.repeat(150_000), ']\n'), 'holds more than 100000 values'],
    ['unclosed quote', account('plan: "a\n'), 'Missing closing'],
    ['NUL', account('plan: a\0b\n'), '6:10: holds a NUL character'],
    [
      'domain in capitals',
      account('sites: [{ domain: Example.COM }]\n'),
      '"Example.COM" is no host name: write "example.com"',
    ],
    ['international domain', account('sites: [{ domain: münchen.de }]\n'), 'write "xn--mnchen-3ya.de"'],
    ['domain with a dot at its end', account('sites: [{ domain: a.test. }]\n'), 'write "a.test"'],
    ['domain with an underscore', account('sites: [{ domain: a_b.test }]\n'), 'is no host name'],
    ['domain as a path', account('sites: [{ domain: ../../etc }]\n'), 'is no host name'],
    ['wildcard', account('sites: [{ domain: "*.a.test" }]\n'), 'write each of them'],
    ['long label', account(`sites: [{ domain: ${'a'.repeat(64)}.test }]\n`), 'is no host name'],
    [
      'long domain',
      account(`sites: [{ domain: ${'a.'.repeat(126)}test }]\n`),
      'is too long for a host name: it has 256',
    ],
    ['address as a domain', account('sites: [{ domain: 10.0.0.1 }]\n'), 'is an address, not a host name'],
    ['domain with a newline', account('sites: [{ domain: "a.test\\nb" }]\n'), '"a.test\\nb" is no host name'],
    [
      'domain twice',
      account('sites: [{ domain: a.test }, { domain: a.test }]\n'),
      'spec.sites[1].domain: has the same domain as one before',
    ],
    [
      'alias is a domain',
      account('sites: [{ domain: a.test }, { domain: b.test, aliases: [a.test] }]\n'),
      'spec.sites[1].aliases[0]: a.test stands twice',
    ],
    ['alias twice', site('aliases: [b.test, b.test]\n'), 'spec.sites[0].aliases[1]: stands here before'],
    ['path upwards', site('documentRoot: ../../etc\n'), '"../../etc" leaves its directory'],
    ['path upwards inside', site('documentRoot: a/../../etc\n'), 'leaves its directory'],
    ['absolute path', site('seed: /etc\n'), '"/etc" is absolute'],
    ['path with an empty segment', site('documentRoot: a//b\n'), 'must be directory names'],
    ['path to here', site('documentRoot: .\n'), 'must be directory names'],
    ['empty path', site('seed: ""\n'), 'must be directory names'],
    ['path with NUL', site('seed: "a\\0b"\n'), 'must be directory names'],
    ['path with a variable', site('documentRoot: $document_root\n'), 'must be directory names'],
    [
      'engine twice',
      account('databases: [{ engine: mariadb }, { engine: mariadb, version: "11" }]\n'),
      'spec.databases[1].engine: has the same engine',
    ],
    [
      'schema twice',
      account('databases: [{ engine: m, schemas: [{ name: a, owner: a }, { name: a, owner: b }] }]\n'),
      'has the same name as one before',
    ],
    [
      'schema with a quote',
      account('databases: [{ engine: m, schemas: [{ name: "a`b", owner: a }] }]\n'),
      'must be lower-case letters, digits and underscores',
    ],
    [
      'schema of the engine',
      account('databases: [{ engine: m, schemas: [{ name: mysql, owner: a }] }]\n'),
      "is the engine's own schema",
    ],
    [
      'owner root',
      account('databases: [{ engine: m, schemas: [{ name: a, owner: root }] }]\n'),
      "is the engine's own user",
    ],
    [
      'nested default above the ceiling',
      plan('defaults: { limits: { bandwidth: { in: 2M } } }\nceilings: { limits: { bandwidth: { in: 1M } } }\n'),
      "2M is above the plan's ceiling of 1M",
    ],
    [
      'ceiling of what is unlimited without a default',
      plan('ceilings: { limits: { storage: 1Gi } }\n'),
      'spec.ceilings.limits.storage: needs a default: give defaults.limits.storage too',
    ],
    [
      'default above the ceiling',
      plan('defaults: { limits: { cpu: 2 } }\nceilings: { limits: { cpu: 1 } }\n'),
      "2 is above the plan's ceiling of 1",
    ],
    [
      'catalog without recipe',
      catalog('services: [{ kind: php, versions: [{ version: "8.2" }] }]\n'),
      'lacks a source: give it an image, a recipe, or both',
    ],
    [
      'recipe as a path',
      catalog('services: [{ kind: php, versions: [{ version: "8.2", recipe: ../x }] }]\n'),
      'such as "php-8.2"',
    ],
    [
      'same ports',
      host('edge: { httpPort: 8080, httpsPort: 8080 }\n'),
      'spec.edge.httpsPort: is the port of HTTP already',
    ],
    ['pools that meet', host('pools: { uidBase: 1073741824 }\n'), 'must be at least 65536 above uidBase'],
    ['resync too often', host('resync: 1s\n'), '1s is too often: at least 10s'],
    ['resync that is none', host('resync: daily\n'), '"daily" is no duration: write it like 90s'],
    ['pool with host bits', host('network: { ipv4Pool: 10.0.0.1/16 }\n'), 'has bits set behind the prefix'],
    ['pool too small', host('network: { ipv4Pool: 10.0.0.0/30 }\n'), 'from /8 to /28'],
    ['IPv6 pool too small', host('network: { ipv6Pool: "fd00::/112" }\n'), 'must be a /100 or wider'],
    ['IPv6 pool of IPv4', host('network: { ipv6Pool: 10.0.0.0/8 }\n'), 'an IPv6 network such as'],
    ['pool of nonsense', host('network: { ipv4Pool: 10.0.0.300/24 }\n'), 'must be an IPv4 network'],
    ['data root relative', host('dataRoot: srv\n'), 'must be an absolute path'],
  ])('%s', (_, text, complaint) => {
    const parsed = parse(text)
    expect(parsed.objects).toEqual([])
    expect(parsed.problems.map(formatProblem).join('\n')).toContain(complaint)
  })

  test('several problems at once, by place', () => {
    expect(complaints(account('sites: no\nplan: A\nlimits: { cpu: x, ram: 1 }\n'))).toEqual([
      'spec.yaml:6:10: spec.sites: must be a list, each entry after a "-"',
      'spec.yaml:7:9: spec.plan: "A" must be lower-case letters, digits and hyphens, no hyphen first or last',
      'spec.yaml:8:18: spec.limits.cpu: "x" is no amount of CPU: write cores such as 2, "0.5" or 500m',
      'spec.yaml:8:21: spec.limits.ram: is no field here: there is cpu, memory, pids, storage, inodes, bandwidth, io',
    ])
  })

  test('a flood of problems is cut short, and messages stay short', () => {
    const fields = Array.from({ length: 5000 }, (_, index) => `${'x'.repeat(200)}${index}: 1`).join('\n')
    const { problems } = parse(account(`${fields}\n`))
    expect(problems).toHaveLength(20)
    for (const problem of problems) expect(formatProblem(problem).length).toBeLessThan(300)
  })

  test('the other documents of a file with one broken object are taken', () => {
    const parsed = parse(`${FULL}---\n${account('plan: 1\n', 'bob')}`)
    expect(parsed.objects.map(({ name }) => name)).toEqual(['alice'])
    expect(parsed.problems.map(({ object }) => object)).toEqual([{ kind: 'Account', name: 'bob' }])
    expect(parsed.mentions.map(({ name }) => name)).toEqual(['alice', 'bob'])
  })
})

describe('whom a broken text speaks of', () => {
  test.each([
    ['a wrong field', account('x: 1\n'), ['alice'], true],
    ['broken YAML', account('plan: "a\n'), ['alice'], false],
    ['a duplicate key', account('plan: a\nplan: b\n'), ['alice'], false],
    ['a slip in the kind', account('{}\n').replace('Account', 'Acount'), [], false],
    ['no name', account('{}\n').replace('name:', 'nam:'), [], false],
    ['garbage', '}{][', [], false],
  ])('%s', (_, text, names, readable) => {
    const parsed = parse(text)
    expect(parsed.mentions.map(({ name }) => name)).toEqual(names)
    expect(parsed.readable).toBe(readable)
  })
})
