import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { TerminalError } from '../../ports/errors.ts'

const OTHERS_MAY_PASS = 0o001

const withParents = (directory: string): string[] => {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [...withParents(parent), directory]
}

/**
 * Makes the directory that tenants' trees stand in, where it is missing. Tenants have to pass through it, and through
 * what it stands in; what is in there guards itself by its own mode.
 * @throws TerminalError `DataRootClosed` when a directory on the way is closed to them: opening it is the owner's choice.
 */
export const ensureDataRoot = async (directory: string): Promise<void> => {
  const path = resolve(directory)
  await mkdir(path, { recursive: true, mode: 0o711 })
  for (const passed of withParents(path)) {
    const { mode } = await stat(passed)
    if ((mode & OTHERS_MAY_PASS) !== 0) continue
    const message = `${passed} is closed to others, and tenants have to pass through it: chmod o+x ${passed}, or choose another place`
    throw new TerminalError('DataRootClosed', message)
  }
}
