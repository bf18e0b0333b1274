import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Edge } from '../../src/ports/host.ts'

/** What every {@link Edge} keeps to. `make` gives an empty table. */
export const edgeContract = (name: string, make: () => Promise<{ edge: Edge; remove: () => Promise<void> }>): void => {
  describe(`${name} keeps the contract of an edge`, () => {
    let edge: Edge
    let remove: () => Promise<void>

    beforeEach(async () => {
      const made = await make()
      edge = made.edge
      remove = made.remove
    })
    afterEach(() => remove())

    it('leaves out a host without an entry', async () => {
      expect(await edge.observe(['a.example'])).toEqual(new Map())
    })

    it('observes what was published, and only what was asked for', async () => {
      await edge.publish('a.example', '10.90.0.2:80')
      await edge.publish('b.example', '10.90.0.6:80')
      expect(await edge.observe(['a.example', 'c.example'])).toEqual(new Map([['a.example', '10.90.0.2:80']]))
    })

    it('replaces the upstream of a host', async () => {
      await edge.publish('a.example', '10.90.0.2:80')
      await edge.publish('a.example', '10.90.0.6:80')
      expect(await edge.observe(['a.example'])).toEqual(new Map([['a.example', '10.90.0.6:80']]))
    })

    it('publishes twice, and withdraws twice', async () => {
      await edge.publish('a.example', '10.90.0.2:80')
      await edge.publish('a.example', '10.90.0.2:80')
      expect([...(await edge.observe(['a.example']))]).toHaveLength(1)
      await edge.withdraw('a.example')
      await edge.withdraw('a.example')
      expect(await edge.observe(['a.example'])).toEqual(new Map())
    })

    it('keeps the other hosts when one is withdrawn', async () => {
      await edge.publish('a.example', '10.90.0.2:80')
      await edge.publish('x.a.example', '10.90.0.2:80')
      await edge.withdraw('a.example')
      expect(await edge.observe(['x.a.example'])).toEqual(new Map([['x.a.example', '10.90.0.2:80']]))
    })

    it('takes the longest host name that DNS knows', async () => {
      const host = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`
      await edge.publish(host, '10.90.0.2:80')
      expect(await edge.observe([host])).toEqual(new Map([[host, '10.90.0.2:80']]))
      await edge.withdraw(host)
      expect(await edge.observe([host])).toEqual(new Map())
    })

    const badHosts = [
      '',
      '.',
      '..',
      '../x',
      'a/b',
      'a..b',
      '.a',
      'a.',
      'A.example',
      'a_b',
      '*.a',
      'a?',
      '[a]',
      'a\0',
      'a b',
      '-a',
      `${'a'.repeat(64)}.example`,
      'a.'.repeat(126).concat('ab'),
    ]
    it.each(badHosts)('refuses the host %j', async (host) => {
      await expect(edge.publish(host, '10.90.0.2:80')).rejects.toMatchObject({ reason: 'InvalidRoute' })
      await expect(edge.withdraw(host)).rejects.toMatchObject({ reason: 'InvalidRoute' })
      expect(await edge.observe([host])).toEqual(new Map())
    })

    const badUpstreams = [
      '',
      '10.90.0.2',
      '10.90.0.2:',
      '10.90.0.2:0',
      '10.90.0.2:65536',
      '10.90.0.256:80',
      '10.90.0:80',
      '[::1]:80',
      'localhost:80',
      '../10.90.0.2:80',
      '10.90.0.2:80/x',
      '10.90.0.2:80\n',
      '010.90.0.2:80',
      '{env.HOME}:80',
    ]
    it.each(badUpstreams)('refuses the upstream %j', async (upstream) => {
      await expect(edge.publish('a.example', upstream)).rejects.toMatchObject({ reason: 'InvalidRoute' })
      expect(await edge.observe(['a.example'])).toEqual(new Map())
    })
  })
}
