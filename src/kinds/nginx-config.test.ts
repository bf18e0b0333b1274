import { describe, expect, it } from 'vitest'
import { phpSite, runtimeSite, staticSite } from '../../test/fakes/accounts.ts'
import { nginxLiteral, nginxMain, nginxSite, nginxText } from './nginx-config.ts'

const DOMAIN = 'shop.example'

describe('a value in an nginx configuration', () => {
  it.each([
    ['plain', '"plain"'],
    ['with space; } {', '"with space; } {"'],
    ['quote " and \\ backslash', '"quote \\" and \\\\ backslash"'],
  ])('%j arrives as %s', (value, written) => {
    expect([nginxLiteral(value), nginxText(value)]).toEqual([written, written])
  })

  it('holds no variable where nginx would read one', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of nginx
    expect(nginxText('costs $5, $host')).toBe('"costs ${palisade_dollar}5, ${palisade_dollar}host"')
    expect(nginxLiteral('costs $5')).toBe('"costs $5"')
  })

  it.each(['a\nb', 'a\0b', 'a\rb', 'a\tb', 'a\u007fb', 'a\u0085b'])('%j is refused', (value) => {
    expect(() => nginxLiteral(value)).toThrow(/not a value for nginx/)
  })
})

describe('a site in nginx', () => {
  it('of static files', async () => {
    const site = staticSite(DOMAIN, {
      redirects: [{ from: '/a%20b', to: 'https://else.example/?a=b', status: 308 }],
      headers: [{ name: 'X-Price', value: '5 $ "or" so' }],
    })
    await expect(nginxSite({ site, upstream: { type: 'files' } })).toMatchFileSnapshot('golden/nginx-static.conf')
  })

  it('of PHP', async () => {
    const upstream = { type: 'fastcgi', socket: '/run/apps/php-8.2-1/a.sock', container: 'php-8.2-1' } as const
    const site = {
      ...phpSite(DOMAIN, '8.2'),
      documentRoot: 'public',
      caches: ['redis'],
      environment: [{ name: 'MODE', value: "it's $live" }],
    }
    await expect(nginxSite({ site, upstream })).toMatchFileSnapshot('golden/nginx-php.conf')
  })

  it.each([
    ['nginx-node', ''],
    ['nginx-node-files', 'public'],
  ])('of Node.js, %s', async (name, documentRoot) => {
    const upstream = { type: 'http', socket: '/run/apps/node-1/a.sock', container: 'node-1' } as const
    const site = { ...runtimeSite(DOMAIN, 'node', '22', 'server.js'), documentRoot }
    await expect(nginxSite({ site, upstream })).toMatchFileSnapshot(`golden/${name}.conf`)
  })

  it('takes the word of the edge alone about who the client is', () => {
    const main = nginxMain(
      {
        spool: '/var/spool/palisade',
        frontends: ['10.90.0.1'],
        sitesDirectory: '/etc/palisade/sites',
        limits: { cpuMillis: 1_000, memoryBytes: 134_217_728, pids: 64 },
        digest: 'abc',
      },
      '/etc/nginx/mime.types',
    )
    expect(main.match(/set_real_ip_from .*/g)).toEqual(['set_real_ip_from 10.90.0.1;'])
  })
})
