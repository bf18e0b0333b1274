import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { account, runtimeSite, service, settings } from '../../test/fakes/accounts.ts'
import { allocationOf } from '../plan/allocation.ts'
import { render } from '../plan/render.ts'
import type { ResolvedRuntime, ResolvedSite } from '../plan/resolved-account.ts'
import type { DesiredContainer, DesiredTenant } from '../plan/resources.ts'
import { allKinds } from './all-kinds.ts'

const DOMAIN = 'app.example'

const nodeSite = (changes: Partial<ResolvedSite> = {}): ResolvedSite => ({
  ...runtimeSite(DOMAIN, 'node', '22', 'server.js'),
  ...changes,
})

const pythonSite = (changes: Partial<ResolvedSite> = {}): ResolvedSite => ({
  ...runtimeSite(DOMAIN, 'python', '3.13', 'app.main:application'),
  ...changes,
})

const withRuntime = (site: ResolvedSite, changes: Partial<ResolvedRuntime>): ResolvedSite =>
  site.runtime === 'static' ? site : { ...site, runtime: { ...site.runtime, ...changes } }

const tenantOf = (...sites: ResolvedSite[]): DesiredTenant => {
  const caches = ['redis', 'memcached'].map((kind) => ({ ...service(kind, '1'), memoryBytes: 67_108_864 }))
  return render(account('alice', { sites, caches }), allocationOf(settings, 0), settings, allKinds)
}

const containerOf = (site: ResolvedSite): DesiredContainer => {
  const found = tenantOf(site).containers.find(({ service }) => service.endsWith(`-${DOMAIN}`))
  return found ?? expect.unreachable('the site has no container')
}

describe('the container of a site', () => {
  it.each([
    ['node-site', nodeSite({ caches: ['redis'], environment: [{ name: 'MODE', value: "it's $live" }] })],
    ['python-wsgi-site', pythonSite()],
    ['python-asgi-site', withRuntime(pythonSite({ healthPath: '/up' }), { interface: 'asgi' })],
  ])('is as %s.yaml says', async (name, site) => {
    await expect(stringify(containerOf(site))).toMatchFileSnapshot(`golden/${name}.yaml`)
  })

  const others: readonly [what: string, before: ResolvedSite, after: ResolvedSite][] = [
    ['version', nodeSite(), withRuntime(nodeSite(), service('node', '24'))],
    ['entry', nodeSite(), withRuntime(nodeSite(), { entry: 'other.js' })],
    ['environment', nodeSite(), nodeSite({ environment: [{ name: 'A', value: 'b' }] })],
    ['caches', nodeSite(), nodeSite({ caches: ['redis'] })],
    ['health path', nodeSite(), nodeSite({ healthPath: '/up' })],
    ['interface', pythonSite(), withRuntime(pythonSite(), { interface: 'asgi' })],
    ['number of workers', pythonSite(), pythonSite({ memoryBytes: 536_870_912 })],
  ]

  it.each(others)('of another %s stands beside it', (_what, before, after) => {
    expect(containerOf(after).name).not.toBe(containerOf(before).name)
    expect(containerOf(after).service).toBe(containerOf(before).service)
  })

  it('is the same one with another memory', () => {
    const before = containerOf(nodeSite())
    const after = containerOf(nodeSite({ memoryBytes: 134_217_728 }))
    expect({ ...after, limits: before.limits }).toEqual(before)
    expect(after.limits.memoryBytes).toBe(134_217_728)
  })

  it('is of that site alone', () => {
    const tenant = tenantOf(nodeSite(), { ...nodeSite(), domain: 'other.example' })
    const sockets = tenant.containers.flatMap(({ environment }) => environment.PALISADE_SOCKET ?? [])
    expect(new Set(sockets).size).toBe(2)
  })

  it('sees the sockets of those caches only that the site asks for', () => {
    const targets = containerOf(nodeSite({ caches: ['memcached'] })).mounts.map(({ target }) => target)
    expect(targets.filter((target) => target.startsWith('/run/caches'))).toEqual(['/run/caches/memcached'])
  })

  it('has a name and a socket that engine and kernel take, however long the domain', () => {
    const domain = `${'long-label.'.repeat(20)}example`
    const container = tenantOf({ ...nodeSite(), domain }).containers.find(({ service }) => service.startsWith('node-'))
    expect(container?.name.length).toBeLessThanOrEqual(63)
    expect(container?.environment.PALISADE_SOCKET?.length).toBeLessThanOrEqual(107)
  })
})

describe('a cache', () => {
  const cacheOf = (kind: string, memoryBytes: number): DesiredContainer => {
    const caches = [{ ...service(kind, '1'), memoryBytes }]
    const tenant = render(account('alice', { caches }), allocationOf(settings, 0), settings, allKinds)
    return tenant.containers.find(({ name }) => name === kind) ?? expect.unreachable(kind)
  }

  it.each(['redis', 'memcached'])('is as %s.yaml says', async (kind) => {
    await expect(stringify(cacheOf(kind, 134_217_728))).toMatchFileSnapshot(`golden/${kind}.yaml`)
  })

  it.each(['redis', 'memcached'])('of %s has no network at all', (kind) => {
    expect(cacheOf(kind, 134_217_728).networks).toEqual([])
  })

  it('holds less than its container may, in a tenant that has too little too', () => {
    for (const memoryBytes of [67_108_864, 1_073_741_824, 8_589_934_592]) {
      const { command, limits } = cacheOf('redis', memoryBytes)
      expect(Number(command[command.indexOf('--maxmemory') + 1])).toBeLessThan(limits.memoryBytes * 0.85)
    }
  })
})
