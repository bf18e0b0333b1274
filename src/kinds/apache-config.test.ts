import { describe, expect, it } from 'vitest'
import { phpSite, runtimeSite, staticSite } from '../../test/fakes/accounts.ts'
import { apacheMain, apacheSite } from './apache-config.ts'
import { apacheHeader, apachePath, apacheText, rewritePattern, rewriteTarget } from './apache-values.ts'

const DOMAIN = 'shop.example'

describe('a value in a configuration of httpd', () => {
  it.each([
    ['plain', '"plain"'],
    ['with space; } { # <', '"with space; } { # <"'],
    ['quote " and backslash \\', '"quote \\" and backslash \\\\"'],
    ['costs $5, 5%, %{x}e', '"costs $5, 5%, %{x}e"'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what httpd reads as a variable
    ['${PATH}', '"${palisade_dollar}{PATH}"'],
  ])('%j arrives as %s', (value, written) => {
    expect(apacheText(value)).toBe(written)
  })

  it.each([
    ['5% %t', '"5%% %%t"'],
    ['\\n"', '"\\\\\\\\n\\""'],
    ['expr=%{HTTP_HOST}', '" expr=%%{HTTP_HOST}"'],
    ['EXPR=1', '" EXPR=1"'],
  ])('as a header %j is %s', (value, written) => {
    expect(apacheHeader(value)).toBe(written)
  })

  it.each([
    ['/a/b_c-d', '"^/a/b_c-d$"'],
    ['/a b".$(ä', '"^/a\\x20b\\x22\\x2e\\x24\\x28\\xc3\\xa4$"'],
  ])('as a path of a redirect %j is %s', (path, written) => {
    expect(rewritePattern(path)).toBe(written)
  })

  it.each([
    ['/new?a=b&c=%20#d', '"/new?a=b&c=\\%20#d"'],
    ['/$1%1', '"/\\$1\\%1"'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what httpd reads as a variable
    ['/a b"\\${x}', '"/a\\%20b\\%22\\%5C\\$\\%7Bx\\%7D"'],
  ])('as a target of a redirect %j is %s', (target, written) => {
    expect(rewriteTarget('', target)).toBe(written)
  })

  it.each(['a\nb', 'a\0b', 'a\rb', 'a\tb', 'a\u007fb', 'a\u0085b'])('%j is refused', (value) => {
    for (const write of [
      apacheText,
      apacheHeader,
      apachePath,
      rewritePattern,
      (text: string) => rewriteTarget('', text),
    ])
      expect(() => write(value)).toThrow(/for httpd/)
  })

  it.each(['/var/*', '/var/a b', '/var/"', '/var/$x', '', '/a[b]'])('is no path as %j', (path) => {
    expect(() => apachePath(path)).toThrow(/not a path for httpd/)
  })
})

describe('a site in httpd', () => {
  it('of static files', async () => {
    const site = staticSite(DOMAIN, {
      redirects: [
        { from: '/a%20b', to: 'https://else.example/?a=b', status: 308 },
        { from: '/old', to: '/new', status: 301 },
      ],
      headers: [{ name: 'X-Price', value: '5 $ "or" 5 %' }],
    })
    await expect(apacheSite({ site, upstream: { type: 'files' } })).toMatchFileSnapshot('golden/apache-static.conf')
  })

  it('of PHP', async () => {
    const upstream = { type: 'fastcgi', socket: '/run/apps/php-8.2-1/a.sock', container: 'php-8.2-1' } as const
    const site = {
      ...phpSite(DOMAIN, '8.2'),
      documentRoot: 'public',
      caches: ['redis'],
      environment: [{ name: 'MODE', value: "it's $live" }],
    }
    await expect(apacheSite({ site, upstream })).toMatchFileSnapshot('golden/apache-php.conf')
  })

  it.each([
    ['apache-node', ''],
    ['apache-node-files', 'public'],
  ])('of Node.js, %s', async (name, documentRoot) => {
    const upstream = { type: 'http', socket: '/run/apps/node-1/a.sock', container: 'node-1' } as const
    const site = { ...runtimeSite(DOMAIN, 'node', '22', 'server.js'), documentRoot }
    await expect(apacheSite({ site, upstream })).toMatchFileSnapshot(`golden/${name}.conf`)
  })
})

describe('httpd', () => {
  const main = (pids: number): string =>
    apacheMain({
      spool: '/var/spool/palisade',
      frontends: ['10.90.0.1'],
      sitesDirectory: '/etc/palisade/sites',
      limits: { cpuMillis: 1_000, memoryBytes: 134_217_728, pids },
      digest: 'abc',
    })
  const setting = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])

  it('takes the word of the edge alone about who the client is', () => {
    expect(main(512).match(/RemoteIPInternalProxy .*/g)).toEqual(['RemoteIPInternalProxy 10.90.0.1'])
  })

  it.each([64, 128, 512, 4_096])('leaves room for a former configuration within %i pids', (pids) => {
    const text = main(pids)
    const threads = setting(text, 'ThreadsPerChild')
    const active = setting(text, 'MaxRequestWorkers') / threads
    expect(setting(text, 'ServerLimit')).toBeGreaterThan(active)
    if (pids >= 128) expect(active * (threads + 3)).toBeLessThanOrEqual(pids / 2)
    expect(setting(text, 'MaxSpareThreads')).toBeGreaterThanOrEqual(setting(text, 'MinSpareThreads') + threads)
  })
})
