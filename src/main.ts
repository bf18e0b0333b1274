import { auditCommand } from './cli/audit.ts'
import type { Command } from './cli/command.ts'
import { completionCommand } from './cli/completion.ts'
import { describeCommand } from './cli/describe.ts'
import { doctorCommand } from './cli/doctor.ts'
import { downCommand } from './cli/down.ts'
import { eventsCommand } from './cli/events.ts'
import { execCommand } from './cli/exec.ts'
import { getCommand } from './cli/get.ts'
import { imagesCommand } from './cli/images.ts'
import type { Io } from './cli/io.ts'
import { isolationCommand } from './cli/isolation.ts'
import { jobsCommand } from './cli/jobs.ts'
import { logsCommand } from './cli/logs.ts'
import { metricsCommand } from './cli/metrics.ts'
import { planCommand } from './cli/plan.ts'
import { processIo } from './cli/process-io.ts'
import { reconcileCommand } from './cli/reconcile.ts'
import { restartCommand } from './cli/restart.ts'
import { rotatePasswordCommand } from './cli/rotate-password.ts'
import { runCommand } from './cli/run.ts'
import { runCommandLine } from './cli/run-command-line.ts'
import { upCommand } from './cli/up.ts'
import { validateCommand } from './cli/validate.ts'
import { VERSION } from './cli/version.ts'
import { waitCommand } from './cli/wait.ts'

/** In the order of the help. */
const commands: readonly Command[] = [
  getCommand,
  describeCommand,
  eventsCommand,
  waitCommand,
  planCommand,
  reconcileCommand,
  rotatePasswordCommand,
  validateCommand,
  logsCommand,
  execCommand,
  restartCommand,
  jobsCommand,
  isolationCommand,
  metricsCommand,
  imagesCommand,
  auditCommand,
  doctorCommand,
  upCommand,
  downCommand,
  runCommand,
  completionCommand,
]

/** Runs a command line, without the program's name; answers the exit code. Never throws. */
export const main = (argv: readonly string[], io: Io = processIo()): Promise<number> =>
  runCommandLine({ argv, commands, version: VERSION }, io)
