import { join, resolve } from 'node:path'
import type { GlobalOptions } from './command.ts'
import { packageRoot } from './package-root.ts'

/**
 * Node.js sizes its heap by the machine's memory, and the operator is to be small on a large one: see `npm run bench`,
 * part c. Units are MiB. The second is a hard end: some ten thousand accounts.
 */
export const SMALL_HEAP: readonly string[] = [
  '--max-semi-space-size=16',
  '--max-old-space-size=1024',
  '--single-threaded-gc',
]

/** How the programs of this package are started again. */
export const ownCommand = (options: GlobalOptions, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  ...SMALL_HEAP,
  join(packageRoot, 'bin', 'palisade'),
  ...args,
  '--specs',
  resolve(options.specs),
  '--state',
  resolve(options.state),
  '--run-dir',
  resolve(options['run-dir']),
]
