import { runProgram } from '../drivers/host/program.ts'
import { daemonService } from '../drivers/services/daemon-service.ts'
import { createSystemd } from '../drivers/services/systemd.ts'
import type { GlobalOptions } from './command.ts'
import { daemonClient, isDaemonRunning } from './daemon-client.ts'
import { CliError, EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import { ownCommand } from './own-command.ts'

/** How long a daemon may take to end, passes under way included. */
export const DAEMON_ENDS_WITHIN_MS = 90_000

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/**
 * Ends the daemon, with its unit where systemd runs; tenants and sites go on. Idempotent.
 * @throws CliError when it does not end in time.
 */
export const stopDaemon = async (options: GlobalOptions, io: Io): Promise<void> => {
  const command = ownCommand(options, 'run')
  await daemonService({ systemd: createSystemd(runProgram), stateDirectory: options.state, command }).remove()
  if (!(await isDaemonRunning(options['run-dir'], io.signal))) return
  const { pid } = await daemonClient(options['run-dir'], io.signal).health()
  process.kill(pid, 'SIGTERM')
  const deadline = io.clock.now() + DAEMON_ENDS_WITHIN_MS
  // It stops answering before it lets go of its lock.
  while (isAlive(pid)) {
    if (io.clock.now() > deadline) throw new CliError(EXIT.failed, `the daemon (process ${pid}) does not end`)
    await io.clock.sleep(100, io.signal)
  }
}
