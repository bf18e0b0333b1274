import { describe, expect, it } from 'vitest'
import { account, phpSite, runtimeSite, service, settings } from '../../test/fakes/accounts.ts'
import { containerOptions } from '../drivers/engine/container-options.ts'
import { allocationOf } from '../plan/allocation.ts'
import { render } from '../plan/render.ts'
import { allKinds } from './all-kinds.ts'

const database = (kind: string, version: string) => ({
  ...service(kind, version),
  memoryBytes: 536_870_912,
  schemas: [{ name: 'shop', owner: 'shop' }],
})
const tool = (kind: string, version: string, subject: string) => ({
  ...service(kind, version),
  domain: `${kind}-${subject}.example`,
  subject,
})
const resolved = account('alice', {
  databases: [database('mariadb', '10.11'), database('mysql', '8.4'), database('postgres', '17')],
  tools: [tool('phpmyadmin', '5.2', 'mariadb'), tool('phpmyadmin', '5.2', 'mysql'), tool('filemanager', '18.8', '')],
  sites: [
    phpSite('alice.example', '8.2'),
    { ...runtimeSite('api.example', 'node', '22', 'server.js'), caches: ['redis'] },
    runtimeSite('data.example', 'python', '3.13', 'app:application'),
  ],
  caches: [
    { ...service('redis', '7'), memoryBytes: 67_108_864 },
    { ...service('memcached', '1.6'), memoryBytes: 67_108_864 },
  ],
  httpCache: { ...service('varnish', '7.1'), memoryBytes: 134_217_728 },
})
const allocation = allocationOf(settings, 3)
const desired = render(resolved, allocation, settings, allKinds)

/** Those that take the place of another, which `desired` has. */
const alternatives = [service('apache', '2.4'), service('openresty', '1.22')].flatMap((web) =>
  render({ ...resolved, web }, allocation, settings, allKinds).containers.filter((one) => one.service === web.kind),
)
const containers = [...desired.containers, ...alternatives]

describe('every kind', () => {
  it('is rendered by the fixture', () => {
    expect(containers.map((one) => one.service)).toEqual([
      'mariadb',
      'mysql',
      'postgres',
      'redis',
      'memcached',
      'php-8.2',
      'node-api.example',
      'python-data.example',
      'phpmyadmin-mariadb',
      'phpmyadmin-mysql',
      'filemanager',
      'nginx',
      'varnish',
      'apache',
      'openresty',
    ])
  })

  describe.each(containers)('$name', (container) => {
    it('never runs as root', () => {
      expect(container.user.uid).toBeGreaterThan(0)
      expect(container.user.gid).toBeGreaterThan(0)
    })

    it('mounts nothing from outside of the tree, and neither the engine nor the secrets of others', () => {
      for (const { source } of container.mounts) {
        expect(source.startsWith(`${desired.tree}/`)).toBe(true)
        expect(source).not.toMatch(/\/(engine|home)(\/|$)/)
        if (source.includes('/secrets/')) expect(source).toMatch(new RegExp(`/secrets/(app|${container.name})$`))
      }
    })

    it('can not change what the operator wrote for it', () => {
      for (const { source, readOnly } of container.mounts)
        if (/\/(config|secrets)\//.test(source)) expect(readOnly).toBe(true)
    })

    it('has no more than the tenant has', () => {
      expect(container.limits.memoryBytes).toBeLessThanOrEqual(resolved.limits.memoryBytes)
      expect(container.limits.cpuMillis).toBeLessThanOrEqual(resolved.limits.cpuMillis)
      expect(container.limits.pids).toBeLessThanOrEqual(resolved.limits.pids)
    })

    it('holds no secret in its environment or command', () => {
      for (const [name, value] of Object.entries(container.environment))
        if (/PASSWORD|SECRET|TOKEN/.test(name))
          expect([name, value]).toEqual([expect.stringMatching(/_FILE$/), expect.stringMatching(/^\/run\/secrets\//)])
    })

    it('is asked of the engine with the whole hardening list', () => {
      const fence = { tree: desired.tree, apparmorProfile: undefined }
      const { Healthcheck, HostConfig, User } = containerOptions(container, {}, fence)
      expect(HostConfig).toMatchObject({
        Privileged: false,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        IpcMode: 'private',
        Init: true,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      })
      for (const widening of [
        'CapAdd',
        'Devices',
        'PidMode',
        'UTSMode',
        'UsernsMode',
        'CgroupParent',
        'Binds',
        'VolumesFrom',
      ])
        expect(HostConfig).not.toHaveProperty(widening)
      expect(HostConfig?.NetworkMode).not.toBe('host')
      expect(HostConfig?.Memory).toBeGreaterThan(0)
      expect(HostConfig?.MemorySwap).toBe(HostConfig?.Memory)
      expect(HostConfig?.PidsLimit).toBeGreaterThan(0)
      expect(HostConfig?.CpuQuota).toBeGreaterThan(0)
      expect(HostConfig?.Ulimits?.map(({ Name }) => Name)).toEqual(['nofile', 'core'])
      for (const options of Object.values(HostConfig?.Tmpfs ?? {}))
        expect(options).toMatch(/^nosuid,nodev,(no)?exec,size=[1-9]\d*,mode=/)
      expect(Healthcheck?.Test?.[0]).toBe('CMD')
      expect(User).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    })

    it('publishes on the address of the tenant alone', () => {
      for (const { hostAddress } of container.publish) expect(hostAddress).toBe(desired.allocation.tenantAddress)
    })
  })

  it('of a database is on the network without a way out, and on no other', () => {
    const internal = desired.networks.filter((network) => network.internal).map(({ name }) => name)
    for (const { service } of desired.databases) {
      const container = desired.containers.find(({ name }) => name === service)
      expect(container?.networks.map(({ network }) => network)).toEqual(internal)
    }
  })

  it('reads only files that are rendered', () => {
    const files = new Set(desired.files.map(({ path }) => path))
    for (const path of desired.containers.flatMap(({ configFiles }) => configFiles)) expect(files).toContain(path)
  })
})

describe('ports on the NIC', () => {
  it('are one service each', () => {
    const ports = containers.flatMap(({ publish }) => publish.map(({ hostPort }) => hostPort))
    expect(new Set(ports).size).toBe(ports.length)
  })
})

describe('an upgrade', () => {
  const obstacle = (kind: string, served: string, wanted: string) =>
    allKinds.databases.get(kind)?.upgradeObstacle(served, wanted)

  it.each([
    ['mariadb', '10.11', '11.8'],
    ['mysql', '8.0', '8.4'],
    ['mysql', '8.4', '9.7'],
    ['mysql', '9.6', '9.7'],
    ['postgres', '15.3', '15.18'],
  ])('of %s from %s to %s goes on in place', (kind, served, wanted) => {
    expect(obstacle(kind, served, wanted)).toBeUndefined()
  })

  it.each([
    ['mysql', '8.0', '9.7', /choose 8\.4 first/],
    ['mysql', '8.4', '10.0', /one major version after the other/],
    ['postgres', '15', '17', /pg_dump/],
  ])('of %s from %s to %s has another way', (kind, served, wanted, way) => {
    expect(obstacle(kind, served, wanted)).toMatch(way)
  })
})
