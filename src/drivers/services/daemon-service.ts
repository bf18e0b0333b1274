import { spawn } from 'node:child_process'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { hasSystemd, type Systemd } from './systemd.ts'
import { unitWord } from './unit-word.ts'

export const DAEMON_UNIT = 'palisade.service'

export interface DaemonServiceOptions {
  readonly systemd: Systemd
  readonly stateDirectory: string
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]]
}

/** The daemon as a service. Tenants outlive it, for they live in control groups of their own; its helpers end with it. */
export const daemonUnit = (command: readonly string[]): string => `[Unit]
Description=Palisade, the operator of web-hosting tenants
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${command.map(unitWord).join(' ')}
KillMode=mixed
Restart=on-failure
RestartSec=2s
TimeoutStopSec=60s
OOMScoreAdjust=-900
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
`

/** Starts the daemon: as a unit where systemd runs, else as a process of its own with its log in a file. */
export const daemonService = ({ systemd, stateDirectory, command }: DaemonServiceOptions) => {
  const [program, ...args] = command
  const log = join(stateDirectory, 'palisade.log')

  const startDetached = async (): Promise<void> => {
    await mkdir(stateDirectory, { recursive: true, mode: 0o711 })
    const handle = await open(log, 'a', 0o640)
    try {
      const child = spawn(program, args, { detached: true, cwd: '/', stdio: ['ignore', handle.fd, handle.fd] })
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      child.unref()
    } finally {
      await handle.close()
    }
  }

  return {
    /** Where to read what it says. */
    logHint: hasSystemd() ? `journalctl --unit ${DAEMON_UNIT}` : log,

    /** The daemon does not run when this is called. */
    async start(): Promise<void> {
      if (!hasSystemd()) return startDetached()
      await systemd.install(DAEMON_UNIT, daemonUnit(command))
      await systemd.start(DAEMON_UNIT)
    },

    async remove(): Promise<void> {
      if (hasSystemd()) await systemd.remove(DAEMON_UNIT)
    },
  }
}
