import { describe, expect, it } from 'vitest'
import { varnishVcl } from './varnish-config.ts'

const vcl = {
  backend: { address: '172.30.0.10', port: 80 },
  purgers: ['172.30.0.0', 16],
  largestBytes: 1_048_576,
  healthPath: '/.palisade/health',
  configPath: '/.palisade/config/abc',
} as const

describe('VCL', () => {
  it('is written whole', async () => {
    await expect(varnishVcl(vcl)).toMatchFileSnapshot('golden/varnish.vcl')
  })

  it.each(['a"b', 'a\nb', 'a\0b', 'ä'])('holds no %j, for which it has no escape', (address) => {
    expect(() => varnishVcl({ ...vcl, backend: { address, port: 80 } })).toThrow(/not a text for VCL/)
  })
})
