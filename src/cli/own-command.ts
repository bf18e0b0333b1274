import { join, resolve } from 'node:path'
import type { GlobalOptions } from './command.ts'
import { packageRoot } from './package-root.ts'

/** How the programs of this package are started again. */
export const ownCommand = (options: GlobalOptions, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  join(packageRoot, 'bin', 'palisade'),
  ...args,
  '--specs',
  resolve(options.specs),
  '--state',
  resolve(options.state),
  '--run-dir',
  resolve(options['run-dir']),
]
