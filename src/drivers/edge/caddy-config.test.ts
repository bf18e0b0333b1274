import { describe, expect, it } from 'vitest'
import { testSettings } from '../../../test/fixtures/host-settings.ts'
import { renderCaddyConfig } from './caddy-config.ts'
import { caddyUnit } from './caddy-unit.ts'

const hostilePaths = ['/srv/{env.HOME}', '/srv/*', '/srv/a?', '/srv/[a]', '/srv/a\\b', '/srv/a\nb', 'srv', '']

describe('renderCaddyConfig', () => {
  const config = JSON.parse(renderCaddyConfig(testSettings('/srv'), 'token'))

  it('listens for sites on the ports of the host, and for itself on no address of the network', () => {
    const listeners = Object.values<{ listen: string[] }>(config.apps.http.servers).flatMap(({ listen }) => listen)
    expect(listeners).toEqual([':80', ':443', '127.0.0.1:2021'])
    expect(config.admin.listen).toBe('unix//srv/run/caddy/admin.sock')
  })

  it('gives no certificate without asking', () => {
    expect(config.apps.tls.automation.on_demand.ask).toBe('http://127.0.0.1:2021/')
    const policies: { on_demand: boolean }[] = config.apps.tls.automation.policies
    expect(policies.every((policy) => policy.on_demand)).toBe(true)
  })

  it('is the same each time', () => {
    expect(renderCaddyConfig(testSettings('/srv'), 'token')).toBe(renderCaddyConfig(testSettings('/srv'), 'token'))
  })

  it.each(hostilePaths)('refuses the path %j, which Caddy would read otherwise', (path) => {
    const settings = testSettings('/srv')
    for (const changed of [{ runDirectory: path }, { stateDirectory: path }]) {
      expect(() => renderCaddyConfig({ ...settings, ...changed }, 'token')).toThrow(
        expect.objectContaining({ reason: 'InvalidHost' }),
      )
    }
  })
})

describe('caddyUnit', () => {
  it('runs Caddy with its configuration, and reloads it over its socket', () => {
    const unit = caddyUnit(testSettings('/srv'))
    expect(unit).toContain('\nExecStart=/usr/bin/caddy run --config /srv/state/caddy.json\n')
    expect(unit).toContain(' --address unix//srv/run/caddy/admin.sock ')
  })

  it.each(['/srv/%h', '/srv/a b', '/srv/$HOME', '/srv/"a"', '/srv/a\nUser=root'])('refuses the path %j', (path) => {
    expect(() => caddyUnit(testSettings(path))).toThrow(expect.objectContaining({ reason: 'InvalidHost' }))
  })
})
