import { describe, expect, it } from 'vitest'
import type { ResolvedSite } from '../plan/resolved-account.ts'
import { nginxMain, nginxSite, nginxString } from './nginx-config.ts'

const site = (changes: Partial<ResolvedSite> = {}): ResolvedSite => ({
  domain: 'shop.example',
  aliases: ['www.shop.example'],
  documentRoot: '',
  runtime: 'static',
  ...changes,
})

describe('a value in an nginx configuration', () => {
  it.each([
    ['plain', '"plain"'],
    ['with space; } {', '"with space; } {"'],
    ['quote " and \\ backslash', '"quote \\" and \\\\ backslash"'],
  ])('%j arrives as %s', (value, written) => {
    expect(nginxString(value)).toBe(written)
  })

  it.each(['$document_root', 'a\nb', 'a\0b', 'a\rb', 'a\tb', 'a\u007fb'])('%j is refused', (value) => {
    expect(() => nginxString(value)).toThrow(/not a value for nginx/)
  })
})

describe('a site in nginx', () => {
  it('of static files', async () => {
    await expect(nginxSite({ site: site(), upstream: { type: 'files' } })).toMatchFileSnapshot(
      'golden/nginx-static.conf',
    )
  })

  it('of PHP', async () => {
    const routed = {
      site: site({ documentRoot: 'public' }),
      upstream: { type: 'fastcgi', socket: '/run/fpm/php-8.2/fpm.sock' },
    } as const
    await expect(nginxSite(routed)).toMatchFileSnapshot('golden/nginx-php.conf')
  })

  it('takes the word of the edge alone about who the client is', () => {
    expect(nginxMain('10.90.0.1', '/etc/palisade/sites')).toContain('set_real_ip_from 10.90.0.1;')
  })
})
