import { readFile } from 'node:fs/promises'
import type { HostSettings } from '../../plan/settings.ts'
import type { EdgeServer } from '../../ports/host.ts'
import type { Clock } from '../../ports/store.ts'
import { isAnswering } from '../edge/caddy-admin.ts'
import { caddyLayout } from '../edge/caddy-layout.ts'
import { refuseTakenPorts } from '../edge/caddy-process.ts'
import { caddyUnit } from '../edge/caddy-unit.ts'
import { edgeConfig, prepareCaddy } from '../edge/prepare-caddy.ts'
import { poll } from '../host/poll.ts'
import type { Systemd } from './systemd.ts'

export const EDGE_UNIT = 'palisade-edge.service'

const START_PATIENCE = { timeoutMs: 20_000, intervalMs: 50 }

export interface SystemdEdgeOptions {
  readonly settings: HostSettings
  readonly systemd: Systemd
  readonly clock: Clock
}

/** The edge's server as a unit of systemd. */
export const systemdEdge = ({ settings, systemd, clock }: SystemdEdgeOptions): EdgeServer => {
  const layout = caddyLayout(settings)
  const observe = async (): Promise<'stopped' | 'stale' | 'running'> => {
    if (!(await isAnswering(layout.adminSocket))) return 'stopped'
    const config = await readFile(layout.config, 'utf8').catch(() => '')
    return config === (await edgeConfig(settings)) ? 'running' : 'stale'
  }
  return {
    observe,
    async ensure() {
      const seen = await observe()
      if (seen === 'running') return
      const { httpPort, httpsPort, askPort } = settings
      if (!(await systemd.isActive(EDGE_UNIT))) await refuseTakenPorts([httpPort, httpsPort, askPort])
      await prepareCaddy(settings)
      await systemd.install(EDGE_UNIT, caddyUnit(settings))
      await (seen === 'stale' ? systemd.restart(EDGE_UNIT) : systemd.start(EDGE_UNIT))
      const answers = await poll(
        clock,
        START_PATIENCE,
        async () => (await isAnswering(layout.adminSocket)) || undefined,
      )
      if (!answers) throw new Error(`Caddy does not answer; see journalctl --unit ${EDGE_UNIT}`)
    },
    stop: () => systemd.remove(EDGE_UNIT),
  }
}
