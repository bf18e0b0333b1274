import { constants } from 'node:os'
import { env, stderr, stdin, stdout } from 'node:process'
import { systemClock } from '../drivers/clock.ts'
import { Interrupted } from './exit-codes.ts'
import type { Io } from './io.ts'

/**
 * This process's own. The first SIGINT or SIGTERM aborts `signal`, a second one ends the process; so does a reader of the
 * output that went away, quietly.
 */
export const processIo = (): Io => {
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interruption.abort(new Interrupted(constants.signals[name])))
  }
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      interruption.abort(new Interrupted(constants.signals.SIGPIPE))
    })
  }
  return { stdin, stdout, stderr, env, clock: systemClock, signal: interruption.signal }
}
