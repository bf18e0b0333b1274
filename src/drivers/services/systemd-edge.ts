import { readFile } from 'node:fs/promises'
import type { HostSettings } from '../../plan/settings.ts'
import type { EdgeServer } from '../../ports/host.ts'
import { isAnswering } from '../edge/caddy-admin.ts'
import { renderCaddyConfig } from '../edge/caddy-config.ts'
import { caddyLayout } from '../edge/caddy-layout.ts'
import { caddyUnit } from '../edge/caddy-unit.ts'
import { prepareCaddy } from '../edge/prepare-caddy.ts'
import type { Systemd } from './systemd.ts'

export const EDGE_UNIT = 'palisade-edge.service'

/** The edge's server as a unit of systemd. */
export const systemdEdge = (settings: HostSettings, systemd: Systemd): EdgeServer => {
  const layout = caddyLayout(settings)
  const observe = async (): Promise<'stopped' | 'stale' | 'running'> => {
    if (!(await isAnswering(layout.adminSocket))) return 'stopped'
    const config = await readFile(layout.config, 'utf8').catch(() => '')
    return config === renderCaddyConfig(settings) ? 'running' : 'stale'
  }
  return {
    observe,
    async ensure() {
      const seen = await observe()
      if (seen === 'running') return
      await prepareCaddy(settings)
      await systemd.install(EDGE_UNIT, caddyUnit(settings))
      await (seen === 'stale' ? systemd.restart(EDGE_UNIT) : systemd.start(EDGE_UNIT))
    },
    stop: () => systemd.remove(EDGE_UNIT),
  }
}
