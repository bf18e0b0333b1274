import { readFile } from 'node:fs/promises'
import { bindLayout } from '../bind/bind-layout.ts'
import { renderNamedConfig } from '../bind/named-config.ts'
import { comesUp, type NamedService, type NamedServiceOptions, refuseTakenPort } from '../bind/named-service.ts'
import { namedUnit } from '../bind/named-unit.ts'
import type { Systemd } from './systemd.ts'

export const NAMED_UNIT = 'palisade-dns.service'

/** named as a unit of systemd. */
export const systemdNamed =
  (systemd: Systemd) =>
  (options: NamedServiceOptions): NamedService => {
    const { settings, control, questions, signal } = options
    const { config } = bindLayout(settings)

    const awaitUp = async (): Promise<void> => {
      if (await comesUp(options, () => signal.aborted)) return
      signal.throwIfAborted()
      throw new Error(`named does not answer; see journalctl --unit ${NAMED_UNIT}`)
    }

    return {
      async observe() {
        // Another server may answer there.
        if (!(await systemd.isActive(NAMED_UNIT)) || !(await questions.answers())) return 'stopped'
        const written = await readFile(config, 'utf8').catch(() => '')
        return written === renderNamedConfig(settings) ? 'running' : 'stale'
      },

      async start() {
        if (!(await systemd.isActive(NAMED_UNIT))) await refuseTakenPort(settings)
        await systemd.install(NAMED_UNIT, namedUnit(settings))
        // It may run, on a port that it is asked at no more.
        await systemd.restart(NAMED_UNIT)
        await awaitUp()
      },

      async reconfigure() {
        await control.reconfigure()
        await awaitUp()
      },

      stop: () => systemd.remove(NAMED_UNIT),
    }
  }
